import { expect, test } from '@jest/globals';
import { RequestRate } from './request-rate.js';

test('a sender has a burst, then so many a second, and nobody pays for another', () => {
  let now = 0;
  const rate = new RequestRate({ burst: 3, perSecond: 0.5 }, () => now);
  expect([1, 2, 3, 4].map(() => rate.secondsToWait('one'))).toEqual([0, 0, 0, 2]);
  expect(rate.secondsToWait('other')).toBe(0);
  now += 1_000;
  expect(rate.secondsToWait('one')).toBe(1);
  now += 1_000;
  expect([1, 2].map(() => rate.secondsToWait('one'))).toEqual([0, 2]);
  now += 3_600_000;
  expect([1, 2, 3, 4].map(() => rate.secondsToWait('one'))).toEqual([0, 0, 0, 2]);
});
