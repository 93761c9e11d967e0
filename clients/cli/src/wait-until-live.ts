import { setTimeout as delay } from 'node:timers/promises';
import { EXIT, type Given, type Option } from './command.js';
import { ServiceError, UsageError } from './errors.js';
import { type Progress, followProgress, progressText } from './progress.js';
import type { Service } from './service/service.js';
import { operation } from './service/operation.js';

/**
 * Where an environment was when the waiting ended; `TIMEOUT`: it had not come to an end; `UNKNOWN`: the service could not
 * be asked any more.
 */
export interface Reached {
  readonly environment: string;
  readonly state: Progress['state'] | 'TIMEOUT' | 'UNKNOWN';
  readonly progress: Progress | null;
}

/** Of commands that deploy. */
export const WAIT_OPTIONS = {
  wait: { says: 'waits until every JVM of the environments has proven the change, or cannot any more' },
  timeout: { value: 'SECONDS', says: 'how long to wait (default: 120)' },
} as const satisfies Record<string, Option>;

/** A longer one ends at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** @throws UsageError */
export function timeoutMsOf(options: Given): number {
  const timeoutMs = 1_000 * Number(options.text('timeout') ?? 120);
  if (!(timeoutMs > 0 && timeoutMs <= LONGEST_TIMER_MS))
    throw new UsageError(`--timeout takes seconds, up to ${Math.floor(LONGEST_TIMER_MS / 1_000)}`);
  return timeoutMs;
}

/**
 * Follows environments until each of them is LIVE, or cannot be. A failure may heal until the time is over. The change is
 * made by then: that its progress cannot be followed is reported, and is no failure of the change.
 */
export async function waitUntilLive(
  service: Service,
  environments: Iterable<string>,
  options: WaitOptions,
): Promise<readonly Reached[]> {
  return Promise.all([...environments].map((environment) => waitFor(service, environment, options)));
}

interface WaitOptions {
  readonly timeoutMs: number;
  readonly notify: (text: string) => void;
  /** Environments that were changed; the others had the change before. */
  readonly changed: ReadonlySet<string>;
}

/** 0 where everything is LIVE, otherwise the code for a change that was made and is not proven everywhere. */
export function exitCodeOf(reached: readonly Reached[]): number {
  return reached.every(({ state }) => state === 'LIVE') ? EXIT.ok : EXIT.notLive;
}

async function waitFor(
  service: Service,
  environment: string,
  { timeoutMs, notify, changed }: WaitOptions,
): Promise<Reached> {
  const made = changed.has(environment) ? 'the change was made' : 'nothing had to be changed';
  const feed = followProgress(service, environment, notify);
  const late = delay(timeoutMs, undefined, { ref: false });
  let last: Progress | null = null;
  let text = '';
  try {
    for (;;) {
      const step = await Promise.race([feed.next(), late]);
      if (!step || step.done) break;
      if (!step.value) continue;
      last = step.value;
      if (progressText(last) !== text) notify((text = progressText(last)));
      if (last.state === 'LIVE') return { environment, state: last.state, progress: last };
      const never = whyNever(last);
      if (never === null) continue;
      const uncounted = last.state === 'NO_TARGETS' ? await agentsOf(service, environment) : [];
      notify([`${environment}: ${made}; it will not be LIVE: ${never}`, ...last.missing, ...uncounted].join('; '));
      return { environment, state: last.state, progress: last };
    }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    notify(`${environment}: ${made}; its progress cannot be followed: ${error.message}`);
    return { environment, state: 'UNKNOWN', progress: last };
  }
  const state = last?.state === 'FAILED' ? 'it is FAILED, and was not LIVE' : 'it was not LIVE';
  const missing = last?.missing ?? [];
  notify([`${environment}: ${made}; ${state} within ${timeoutMs / 1_000} s`, ...missing].join('; '));
  return { environment, state: last?.state === 'FAILED' ? 'FAILED' : 'TIMEOUT', progress: last };
}

/** Why waiting longer is of no use; null: it may be. JVMs that start later are not counted. */
function whyNever({ state, hosts, jvms }: Progress): string | null {
  if (state === 'NO_TARGETS') return 'no host counts, so that nothing proves it';
  const written = hosts.written === hosts.total && hosts.incomplete === 0;
  if (written && jvms.total === 0) return 'no JVM counts, so that nothing proves it';
  return written && jvms.unsupported > 0 && jvms.live + jvms.unsupported === jvms.total
    ? 'every other JVM is LIVE, and those that are left are UNSUPPORTED'
    : null;
}

/** Hosts that came after the deployment, or were set aside: they are in no count, and somebody may look for them. */
async function agentsOf(service: Service, environment: string): Promise<string[]> {
  const { agents } = await service.ask(AGENTS, { environment });
  return (agents?.nodes ?? []).map(
    ({ name, state, reason }) => `${name} is ${state}${reason === null ? '' : ` (${reason})`} and not counted`,
  );
}

const AGENTS = operation(
  'AgentStates',
  'query ($environment: String!) { agents(environment: $environment, first: 200) { nodes { name state reason } } }',
);
