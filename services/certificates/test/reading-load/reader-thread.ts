import { parentPort, workerData } from 'node:worker_threads';
import { ask } from '../support/service-process.js';

export interface ReadersGiven {
  readonly url: string;
  readonly token: string;
  readonly queries: readonly string[];
  readonly readers: number;
  readonly durationMs: number;
}

export interface ReadersReport {
  readonly answered: number;
  /** Told to come again, because so much is read already. */
  readonly deferred: number;
  /** Messages of errors, each once. */
  readonly errors: readonly string[];
  readonly worstMs: number;
}

/** Readers that ask as soon as they have their answer, all day. */
async function read({ url, token, queries, readers, durationMs }: ReadersGiven): Promise<ReadersReport> {
  const until = performance.now() + durationMs;
  const errors = new Set<string>();
  let [answered, deferred, worstMs] = [0, 0, 0];
  const reader = async (number: number) => {
    for (let turn = number; performance.now() < until; turn++) {
      const begin = performance.now();
      const answer = await ask(url, token, queries[turn % queries.length] ?? '');
      worstMs = Math.max(worstMs, performance.now() - begin);
      if (answer.errors?.[0]?.extensions?.code === 'OVERLOADED') {
        deferred++;
        continue;
      }
      for (const { message } of answer.errors ?? []) errors.add(message);
      answered++;
    }
  };
  await Promise.all(Array.from({ length: readers }, (_, number) => reader(number)));
  return { answered, deferred, errors: [...errors], worstMs };
}

/** A thread of its own: what reading costs its maker must not delay who measures. */
void read(workerData as ReadersGiven).then((report) => parentPort?.postMessage(report));
