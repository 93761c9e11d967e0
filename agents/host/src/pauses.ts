import { setImmediate as turn } from 'node:timers/promises';

/** Items between two pauses of work whose length others choose: each costs some system calls, or a line. */
export const ITEMS_PER_PAUSE = 256;

/** Runs work that pauses, and lets everything else go on in each pause. @throws as the work does */
export async function withPauses<Result>(work: Generator<void, Result>): Promise<Result> {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    await turn();
  }
}

/** Runs work that pauses to its end at once. @throws as the work does */
export function withoutPauses<Result>(work: Generator<void, Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
