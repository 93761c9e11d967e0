import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Log } from '@trustcast/config';
import { takeReport } from '../../platform/problems/forwarded-problems.js';
import type { Problems } from '../../platform/problems/problems.js';
import type { Standing } from './leader.js';
import type { FromRelay, RelayGiven, ToRelay } from './relay-thread.js';

export interface RunningRelay {
  readonly standing: () => Standing;
  readonly stop: () => Promise<void>;
}

export interface RelayEvents {
  readonly onPublished: (kind: string) => void;
  readonly onRemoved: (kind: string, rows: number) => void;
  readonly onRetentionRun: () => void;
}

const THREAD = new URL('relay-thread.js', import.meta.url);
const RETRY_MS = 1_000;
const WITNESS = 'relay';
const STANDS_BY: Standing = { leading: false, keyCurrent: true };

/**
 * Runs the relay, and whatever else the leader does, in a thread with connections of its own: requests that keep this
 * thread busy neither cost it the lead nor delay what it publishes. A thread that ends is started again.
 */
export function startRelay(
  given: RelayGiven,
  { onPublished, onRemoved, onRetentionRun }: RelayEvents,
  problems: Problems,
  log: Log,
): RunningRelay {
  const stopping = new AbortController();
  const isStopping = () => stopping.signal.aborted;
  let standing = STANDS_BY;

  const take = (message: FromRelay) => {
    if (message.kind === 'standing') standing = message.standing;
    else if (message.kind === 'published') onPublished(message.message);
    else if (message.kind === 'removed') onRemoved(message.what, message.rows);
    else if (message.kind === 'retentionRun') onRetentionRun();
    else takeReport(problems, message.report, WITNESS);
  };
  const live = () =>
    new Promise<unknown>((resolve) => {
      const thread = new Worker(THREAD, { workerData: given });
      const stop = () => thread.postMessage('stop' satisfies ToRelay);
      let failure: unknown;
      thread.on('message', take);
      thread.on('error', (error) => (failure = error));
      thread.on('exit', (code) => {
        stopping.signal.removeEventListener('abort', stop);
        resolve(failure ?? new Error(`the thread ended with ${code}`));
      });
      stopping.signal.addEventListener('abort', stop, { once: true });
    });
  const run = async () => {
    while (!isStopping()) {
      const failure = await live();
      standing = STANDS_BY;
      problems.forget(WITNESS, 'the thread of the relay ended');
      if (isStopping()) return;
      log.error('the relay thread ended; restarting it', { error: failure });
      await delay(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    standing: () => standing,
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
