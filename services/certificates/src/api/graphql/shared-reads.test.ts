import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { SharedReads } from './shared-reads.js';

test('keys that are asked for while a read runs or rests share the next', async () => {
  const reads: (readonly string[])[] = [];
  const shared = new SharedReads(async (keys) => {
    reads.push(keys);
    await delay(20);
    return new Map(keys.map((key) => [key, key.toUpperCase()]));
  });
  const first = shared.load('a');
  await delay(5);
  const others = [shared.load('b'), shared.load('c')];
  expect(await first).toBe('A');
  others.push(shared.load('b'), shared.load('d'));
  expect(await Promise.all(others)).toEqual(['B', 'C', 'B', 'D']);
  expect(reads).toEqual([['a'], ['b', 'c', 'd']]);
});

test('a read is followed by a rest at least as long, whoever asks', async () => {
  const spans: { from: number; to: number }[] = [];
  const shared = new SharedReads(async () => {
    const from = performance.now();
    await delay(20);
    spans.push({ from, to: performance.now() });
    return new Map<string, string>();
  });
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      for (let turn = 0; turn < 4; turn++) await shared.load('a');
    }),
  );
  for (const [index, { from }] of spans.entries()) {
    const before = spans[index - 1];
    if (before) expect(from - before.to).toBeGreaterThan(before.to - before.from);
  }
  expect(spans).toHaveLength(4);
});

test('a read that fails is told to who waits for it, and the next one goes on', async () => {
  let reads = 0;
  const shared = new SharedReads((keys) =>
    ++reads === 1 ? Promise.reject(new Error('away')) : Promise.resolve(new Map(keys.map((key) => [key, key]))),
  );
  await expect(shared.load('a')).rejects.toThrow('away');
  expect(await shared.load('a')).toBe('a');
});
