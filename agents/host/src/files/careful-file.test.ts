import { closeSync, openSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { readStart } from './careful-file.js';

const READS = 64;
const MiB = 1_024 * 1_024;

test('many short files cost no buffer of a whole chunk each', () => {
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < READS; i++) {
    const file = openSync('/proc/self/stat', 'r');
    expect(readStart(file, MiB).toString()).toMatch(/^\d+ \(/);
    closeSync(file);
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MiB);
});
