import type { Finding } from '../../src/doctor/finding.js';
import type { Host } from './host.js';

export interface Diagnosis {
  readonly code: number | null;
  readonly findings: readonly Finding[];
  /** What was found by a check, as `<verdict>: <detail>`. */
  readonly of: (check: string) => string[];
}

/** Runs `trustcast-agent doctor` on a host's directory; `command` stands before the program, such as a namespace. */
export async function doctor(
  host: Host,
  over: Readonly<Record<string, string>> = {},
  command: readonly string[] = [],
): Promise<Diagnosis> {
  const { code, out, err } = await host.cli(['doctor', '--json'], over, [...command, process.execPath]);
  if (err !== '') throw new Error(err);
  const findings = JSON.parse(out) as Finding[];
  return {
    code,
    findings,
    of: (check) => findings.flatMap((one) => (one.check === check ? [`${one.verdict}: ${one.detail}`] : [])),
  };
}
