import { expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { sharedAnswer } from './shared-answer.js';

test('an answer is made once for all who ask together', async () => {
  let made = 0;
  const ask = sharedAnswer(() => Promise.resolve(++made), 0);
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
});

test('who asks while one is made, or soon after it, shares the next, which is not older than the question', async () => {
  let made = 0;
  const make = async () => {
    const answer = ++made;
    // Whoever waits for the end of the pause asks while this one is made, at the latest.
    if (answer === 2) await delay(200);
    return answer;
  };
  const ask = sharedAnswer(make, 20);
  expect(await ask()).toBe(1);
  const shared = await Promise.all(Array.from({ length: 50 }, ask));
  expect(Math.min(...shared)).toBe(2);
  expect(Math.max(...shared)).toBeLessThanOrEqual(3);
});

test('an answer that failed is made again', async () => {
  let made = 0;
  const ask = sharedAnswer(() => (++made === 1 ? Promise.reject(new Error('failed')) : Promise.resolve(made)), 0);
  await expect(ask()).rejects.toThrow('failed');
  expect(await ask()).toBe(2);
});
