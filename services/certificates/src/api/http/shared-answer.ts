import { setTimeout as delay } from 'node:timers/promises';
import { SharedReads } from '../graphql/shared-reads.js';

/**
 * Makes an answer for all who ask: one at a time, `pauseMs` after the last one at the earliest. It is never older than the
 * question, and however many ask, they cost as much as one who asks that often.
 */
export function sharedAnswer<Answer>(make: () => Promise<Answer>, pauseMs: number): () => Promise<Answer> {
  let madeAt = -Infinity;
  const answers = new SharedReads(async (keys) => {
    const answer = await make();
    madeAt = performance.now();
    return new Map(keys.map((key) => [key, { answer }]));
  });
  return async () => {
    const pause = madeAt + pauseMs - performance.now();
    if (pause > 0) await delay(pause);
    const made = await answers.load('');
    if (!made) throw new Error('an answer was not made');
    return made.answer;
  };
}
