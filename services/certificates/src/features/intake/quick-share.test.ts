import { expect, test } from '@jest/globals';
import { QuickShare } from './quick-share.js';

function share() {
  let now = 0;
  const quick = new QuickShare(() => now);
  const spend = (ms: number) => quick.spend(() => (now += ms));
  return { quick, spend, wait: (ms: number) => (now += ms) };
}

test('what takes long together is read elsewhere, however small each piece is', () => {
  const { quick, spend } = share();
  let pieces = 0;
  for (; quick.has(1_000) && pieces < 1_000; pieces++) spend(3);
  expect(pieces).toBeLessThan(10);
});

test('time that passes makes room again, and never more than at first', () => {
  const { quick, spend, wait } = share();
  while (quick.has(1_000)) spend(3);
  wait(1_000_000);
  let pieces = 0;
  for (; quick.has(1_000) && pieces < 1_000; pieces++) spend(3);
  expect(pieces).toBeGreaterThan(2);
  expect(pieces).toBeLessThan(10);
});

test('what is large is read elsewhere', () => {
  expect(share().quick.has(64 * 1024)).toBe(false);
});
