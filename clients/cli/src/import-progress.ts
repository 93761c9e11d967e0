import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Service } from './service/service.js';

interface Followed {
  readonly importProgress: { readonly phase: string; readonly done: number; readonly total: number } | null;
}

const FOLLOW = `subscription ($key: String!) { importProgress(idempotencyKey: $key) { phase done total } }`;
const SAYS: Readonly<Record<string, string>> = {
  READING: 'reading',
  CHECKING: 'checking',
  PLANNING: 'comparing with what is there',
  STORING: 'storing',
};
const LINE_MS = 500;
/** Where nobody pushes, an import is not waited for. */
const SUBSCRIBE_MS = 3_000;

/** Does an import under a key of its own, and tells meanwhile how far the service is with it. @param tell null: untold */
export async function tellingProgress<Result>(
  service: Service,
  tell: ((text: string) => void) | null,
  work: (idempotencyKey: string) => Promise<Result>,
): Promise<Result> {
  const key = randomUUID();
  if (!tell) return work(key);
  const feed = service.follow<Followed>(FOLLOW, { key });
  // The first answer, that nothing has begun, says that the subscription is there.
  await Promise.race([feed.next(), delay(SUBSCRIBE_MS, undefined, { ref: false })]).catch(() => undefined);
  const telling = tellAll(feed, tell).catch(() => undefined);
  try {
    const result = await work(key);
    await Promise.race([telling, delay(SUBSCRIBE_MS, undefined, { ref: false })]);
    return result;
  } finally {
    void feed.return().catch(() => undefined);
  }
}

async function tellAll(feed: AsyncIterable<Followed>, tell: (text: string) => void): Promise<void> {
  let [phase, told] = ['', -Infinity];
  for await (const { importProgress: progress } of feed) {
    const says = progress && SAYS[progress.phase];
    if (!says || (progress.phase === phase && performance.now() - told < LINE_MS)) continue;
    [phase, told] = [progress.phase, performance.now()];
    const { done, total } = progress;
    tell(
      total === 0 ? says : done === 0 ? `${says}: ${total} certificates` : `${says}: ${done} of ${total} certificates`,
    );
  }
}
