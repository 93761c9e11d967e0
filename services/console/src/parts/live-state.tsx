import { useStrings } from '../strings/strings.js';
import { Pill, type Tone } from './pill.js';

export interface Liveness {
  readonly environment: { readonly name: string; readonly title: string; readonly kind: string };
  readonly hosts: number;
  readonly jvms: number;
  readonly live: number;
  readonly written: number;
  readonly unreachable: number;
  readonly incomplete: number;
  readonly proven: boolean;
}

/** Whether a certificate is live in an environment, in words. */
export function LiveState({ of }: { readonly of: Liveness }) {
  const { live } = useStrings();
  const { hosts, jvms, written, unreachable, incomplete, proven, environment } = of;
  const [tone, text]: [Tone, string] = proven
    ? ['good', live.proven(jvms)]
    : environment.kind === 'GATEWAY'
      ? ['plain', live.published]
      : hosts === 0
        ? ['plain', live.noHosts]
        : jvms === 0
          ? [written === hosts ? 'plain' : 'warn', live.noJvms(written, hosts)]
          : ['warn', live.partly(of.live, jvms)];
  return (
    <>
      <Pill tone={tone}>{text}</Pill>
      {unreachable > 0 && <Pill tone="bad">{live.unreachable(unreachable)}</Pill>}
      {incomplete > 0 && <Pill tone="warn">{live.incomplete(incomplete)}</Pill>}
    </>
  );
}
