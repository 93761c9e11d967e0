import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Service } from './service/service.js';
import type { FollowImportSubscription } from './service/answer-types.js';
import { operation } from './service/operation.js';

const FOLLOW = operation(
  'FollowImport',
  `subscription ($key: String!) { importProgress(idempotencyKey: $key) { phase done total } }`,
);
const SAYS: Readonly<Record<string, string>> = {
  READING: 'reading',
  CHECKING: 'checking',
  PLANNING: 'comparing with what is there',
  STORING: 'storing',
};
const LINE_MS = 500;
/** Time to wait for the subscription; the import starts without it after that. */
const SUBSCRIBE_MS = 3_000;

/** Runs an import under an idempotency key of its own and reports its progress. @param notify null: no progress is reported */
export async function reportingProgress<Result>(
  service: Service,
  notify: ((text: string) => void) | null,
  work: (idempotencyKey: string) => Promise<Result>,
): Promise<Result> {
  const key = randomUUID();
  if (!notify) return work(key);
  const feed = service.follow(FOLLOW, { key });
  // The first answer, that nothing has begun, says that the subscription is there.
  await Promise.race([feed.next(), delay(SUBSCRIBE_MS, undefined, { ref: false })]).catch(() => undefined);
  const notifying = notifyAll(feed, notify).catch(() => undefined);
  try {
    const result = await work(key);
    await Promise.race([notifying, delay(SUBSCRIBE_MS, undefined, { ref: false })]);
    return result;
  } finally {
    void feed.return().catch(() => undefined);
  }
}

async function notifyAll(feed: AsyncIterable<FollowImportSubscription>, notify: (text: string) => void): Promise<void> {
  let [phase, notifiedAt] = ['', -Infinity];
  for await (const { importProgress: progress } of feed) {
    const says = progress && SAYS[progress.phase];
    if (!says || (progress.phase === phase && performance.now() - notifiedAt < LINE_MS)) continue;
    [phase, notifiedAt] = [progress.phase, performance.now()];
    const { done, total } = progress;
    notify(
      total === 0 ? says : done === 0 ? `${says}: ${total} certificates` : `${says}: ${done} of ${total} certificates`,
    );
  }
}
