import { expect, test } from '@jest/globals';
import { AnswerCache, type Rest } from './answer-cache.js';

const rest = (bytes: number): Rest => ({ plain: Buffer.alloc(bytes), gzip: Buffer.alloc(0) });

/** Whether the answer is there without being made. */
async function isKept(cache: AnswerCache, head: string, after: string | null): Promise<boolean> {
  let made = false;
  await cache.get('environment', head, after, () => {
    made = true;
    return Promise.resolve(rest(0));
  });
  return !made;
}

test('deltas of any number displace the oldest of them beyond their bytes, and no whole set', async () => {
  const cache = new AnswerCache({ wholeBytes: 10_000, deltaBytes: 10_000 });
  await cache.get('environment', 'head', null, () => Promise.resolve(rest(5_000)));
  for (let revision = 0; revision < 100; revision++)
    await cache.get('environment', 'head', `1.${revision}`, () => Promise.resolve(rest(2_000)));
  expect(await isKept(cache, 'head', null)).toBe(true);
  expect(await isKept(cache, 'head', '1.99')).toBe(true);
  expect(await isKept(cache, 'head', '1.90')).toBe(false);
});

test('an answer of an earlier head is no answer', async () => {
  const cache = new AnswerCache();
  await cache.get('environment', 'first', null, () => Promise.resolve(rest(1)));
  expect(await isKept(cache, 'second', null)).toBe(false);
  expect(await isKept(cache, 'second', null)).toBe(true);
});

test('those who ask at once share one making, also one that fails, and the next tries again', async () => {
  const cache = new AnswerCache();
  let made = 0;
  const failing = () => {
    made++;
    return Promise.reject(new Error('not now'));
  };
  const asked = [1, 2, 3].map(() => cache.get('environment', 'head', null, failing));
  expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(made).toBe(1);
  expect(await isKept(cache, 'head', null)).toBe(false);
});
