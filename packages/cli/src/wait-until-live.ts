import { setTimeout as delay } from 'node:timers/promises';
import { EXIT, type Given, type Option } from './command.js';
import { ServiceError, UsageError } from './errors.js';
import { type Progress, followProgress, progressText } from './progress.js';
import type { Service } from './service.js';

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
  wait: { says: 'waits until every JVM of the environments has proven the change' },
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
 * Follows environments until each of them is LIVE, or will not be. The change is made by then: that its progress cannot
 * be followed is reported, and is no failure of the change.
 */
export async function waitUntilLive(
  service: Service,
  environments: Iterable<string>,
  { timeoutMs, tell }: { readonly timeoutMs: number; readonly tell: (text: string) => void },
): Promise<readonly Reached[]> {
  return Promise.all([...environments].map((environment) => waitFor(service, environment, timeoutMs, tell)));
}

/** 0 where everything is LIVE, otherwise the code for a change that was made and is not proven everywhere. */
export function exitCodeOf(reached: readonly Reached[]): number {
  return reached.every(({ state }) => state === 'LIVE') ? EXIT.ok : EXIT.notLive;
}

async function waitFor(
  service: Service,
  environment: string,
  timeoutMs: number,
  tell: (text: string) => void,
): Promise<Reached> {
  const feed = followProgress(service, environment, tell);
  const late = delay(timeoutMs, undefined, { ref: false });
  let last: Progress | null = null;
  let text = '';
  try {
    for (;;) {
      const step = await Promise.race([feed.next(), late]);
      if (!step || step.done) break;
      if (!step.value) continue;
      last = step.value;
      if (progressText(last) !== text) tell((text = progressText(last)));
      if (['LIVE', 'FAILED', 'NO_TARGETS'].includes(last.state))
        return { environment, state: last.state, progress: last };
    }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    tell(`${environment}: the change was made; its progress cannot be followed: ${error.message}`);
    return { environment, state: 'UNKNOWN', progress: last };
  }
  tell(`${environment}: the change was made; it was not LIVE within ${timeoutMs / 1_000} s`);
  return { environment, state: 'TIMEOUT', progress: last };
}
