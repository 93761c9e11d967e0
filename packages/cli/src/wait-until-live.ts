import { setTimeout as delay } from 'node:timers/promises';
import type { Given, Option } from './command.js';
import { UsageError } from './errors.js';
import { type Progress, followProgress, progressText } from './progress.js';
import type { Service } from './service.js';

/** Where an environment was when the waiting ended; `TIMEOUT`: it had not come to an end. */
export interface Reached {
  readonly environment: string;
  readonly state: Progress['state'] | 'TIMEOUT';
  readonly progress: Progress | null;
}

/** Of commands that deploy. */
export const WAIT_OPTIONS = {
  wait: { says: 'waits until every JVM of the environments has proven it' },
  timeout: { value: 'SECONDS', says: 'how long to wait (default 120)' },
} as const satisfies Record<string, Option>;

/** @throws UsageError */
export function timeoutMsOf(options: Given): number {
  const timeoutMs = 1_000 * Number(options.text('timeout') ?? 120);
  if (!(timeoutMs > 0)) throw new UsageError('--timeout takes seconds');
  return timeoutMs;
}

/** Follows environments until each of them is LIVE, or will not be. */
export async function waitUntilLive(
  service: Service,
  environments: Iterable<string>,
  { timeoutMs, tell }: { readonly timeoutMs: number; readonly tell: (text: string) => void },
): Promise<readonly Reached[]> {
  return Promise.all([...environments].map((environment) => waitFor(service, environment, timeoutMs, tell)));
}

async function waitFor(
  service: Service,
  environment: string,
  timeoutMs: number,
  tell: (text: string) => void,
): Promise<Reached> {
  const feed = followProgress(service, environment);
  const late = delay(timeoutMs, undefined, { ref: false });
  let last: Progress | null = null;
  for (;;) {
    const step = await Promise.race([feed.next(), late]);
    if (!step || step.done) break;
    if (!step.value) continue;
    last = step.value;
    tell(progressText(last));
    if (['LIVE', 'FAILED', 'NO_TARGETS'].includes(last.state))
      return { environment, state: last.state, progress: last };
  }
  tell(`${environment}: not LIVE within ${timeoutMs / 1_000} s`);
  return { environment, state: 'TIMEOUT', progress: last };
}
