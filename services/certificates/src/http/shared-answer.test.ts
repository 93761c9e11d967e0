import { expect, test } from '@jest/globals';
import { sharedAnswer } from './shared-answer.js';

test('an answer is made once for all who ask while it is made, and while it is new', async () => {
  let made = 0;
  const ask = sharedAnswer(() => Promise.resolve(++made), 60_000);
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
  expect(await ask()).toBe(1);
});

test('an answer that is old is made again', async () => {
  let made = 0;
  const ask = sharedAnswer(() => Promise.resolve(++made), 0);
  expect([await ask(), await ask()]).toEqual([1, 2]);
});

test('an answer that failed is not remembered', async () => {
  let made = 0;
  const ask = sharedAnswer(() => (++made === 1 ? Promise.reject(new Error('failed')) : Promise.resolve(made)), 60_000);
  await expect(ask()).rejects.toThrow('failed');
  expect(await ask()).toBe(2);
});
