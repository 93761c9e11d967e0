import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

/** Interval of polls, because the state of a silent agent changes without a notification. */
const LOOK_MS = 5_000;
/** A poll is followed by a pause of this many times its duration, because a fleet changes all the time. */
const REST = 2;
const MAX_REST_MS = 500;

/**
 * What is read now, and again whenever it has changed. Whoever makes a change notifies all processes, so that it does not
 * matter which of them is asked.
 *
 * @param watch calls `look` when something may have changed; answers what ends that
 * @param read undefined: there will be nothing, which ends the feed
 */
export async function* changeFeed<Seen>(
  watch: (look: () => void) => readonly (() => void)[],
  read: () => Promise<Seen | undefined>,
): AsyncGenerator<Seen, void, undefined> {
  let changed = true;
  let wake: () => void = () => undefined;
  const look = () => {
    changed = true;
    wake();
  };
  const ends = watch(look);
  const timer = setInterval(look, LOOK_MS);
  try {
    let last: Seen | undefined;
    for (;;) {
      changed = false;
      const startedAt = performance.now();
      const seen = await read();
      const tookMs = performance.now() - startedAt;
      if (seen === undefined) return;
      if (!isDeepStrictEqual(seen, last)) yield seen;
      last = seen;
      await delay(Math.min(REST * tookMs, MAX_REST_MS));
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (changed) resolve();
      });
    }
  } finally {
    clearInterval(timer);
    for (const end of ends) end();
  }
}
