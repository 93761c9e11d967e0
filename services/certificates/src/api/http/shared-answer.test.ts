import { expect, test } from '@jest/globals';
import { sharedAnswer } from './shared-answer.js';

test('an answer is made once for all who ask together', async () => {
  let made = 0;
  const ask = sharedAnswer(() => Promise.resolve(++made), 0);
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
});

test('who asks while one is made, or soon after it, shares the next, which is not older than the question', async () => {
  let made = 0;
  const ask = sharedAnswer(() => Promise.resolve(++made), 20);
  expect(await ask()).toBe(1);
  const shared = await Promise.all(Array.from({ length: 50 }, ask));
  // One more where the machine was slow in asking fifty times.
  expect(Math.min(...shared)).toBe(2);
  expect(Math.max(...shared)).toBeLessThanOrEqual(3);
});

test('an answer that failed is made again', async () => {
  let made = 0;
  const ask = sharedAnswer(() => (++made === 1 ? Promise.reject(new Error('failed')) : Promise.resolve(made)), 0);
  await expect(ask()).rejects.toThrow('failed');
  expect(await ask()).toBe(2);
});
