import { expect, test } from '@jest/globals';
import { ReadBudget } from './read-budget.js';

const KB = 1_024;

test('many files of one user leave room for those of another, and more for users whose JVMs are selected', () => {
  const budget = new ReadBudget(new Set([1]));
  const taken = (uid: number): number => {
    let files = 0;
    while (budget.take(uid, KB)) files += 1;
    return files;
  };
  expect([taken(2), taken(3), taken(4), taken(1)]).toEqual([1_000, 1_000, 0, 2_000]);
});

test('full files count by their bytes', () => {
  const budget = new ReadBudget(new Set());
  let files = 0;
  while (budget.take(2, 64 * KB)) files += 1;
  expect(files).toBe(64);
  expect(budget.take(3, 64 * KB)).toBe(true);
});
