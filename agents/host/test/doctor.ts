import type { Finding } from '../src/doctor/finding.js';
import { AgentProcess } from './agent-process.js';
import type { Host } from './host.js';

export interface Diagnosis {
  readonly code: number | null;
  /** What was found by a check, as `<verdict>: <detail>`. */
  readonly of: (check: string) => string[];
}

/** Runs `trustcast-agent doctor` on a host's directory; `command` stands before the program, such as a namespace. */
export async function doctor(
  host: Host,
  over: Readonly<Record<string, string>> = {},
  command: readonly string[] = [],
): Promise<Diagnosis> {
  const { TRUSTCAST_SERVICE_URL, TRUSTCAST_AGENT_TOKEN, TRUSTCAST_PINNED_KEYS, ...env } = host.env(over);
  const process_ = new AgentProcess(['doctor', '--json'], env, [...command, process.execPath]);
  const code = await process_.exited;
  if (process_.stderr !== '') throw new Error(process_.stderr);
  const findings = JSON.parse(process_.output) as Finding[];
  return {
    code,
    of: (check) => findings.flatMap((one) => (one.check === check ? [`${one.verdict}: ${one.detail}`] : [])),
  };
}
