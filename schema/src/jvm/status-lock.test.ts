import { expect, test } from '@jest/globals';
import { statusLockOf } from './status-lock.js';

test('the lock of a status is a range that a process can lock, and another one for other bytes', () => {
  const seen = new Set<string>();
  for (let number = 0; number < 1_000; number += 1) {
    const { position, size } = statusLockOf(Buffer.from(String(number)));
    expect(size > 0n && position >= 0n && position + size <= 2n ** 63n - 1n).toBe(true);
    seen.add(`${position} ${size}`);
  }
  expect(seen.size).toBe(1_000);
});
