import { expect, jest, test } from '@jest/globals';
import { OperationTypeNode } from 'graphql';
import { HeavyReads } from './heavy-reads.js';

const QUERY = OperationTypeNode.QUERY;
const limits = { light: 10, running: 100, waiting: 4, waitMs: 1_000 };

/** Begins a read and notes its name when it may. */
function reader(reads: HeavyReads) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    begin: async (name: string, cost: number, caller = 'one') => {
      ends.set(name, await reads.begin(QUERY, cost, caller));
      begun.push(name);
    },
    end: async (name: string) => {
      ends.get(name)?.();
      await Promise.resolve();
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

test('reads run together up to a sum of complexity, others wait, and light ones and mutations never do', async () => {
  const reads = new HeavyReads(limits);
  const { begun, begin, end } = reader(reads);
  await begin('a', 60);
  await begin('b', 40);
  const waiting = begin('c', 11);
  await begin('light', 10);
  await reads.begin(OperationTypeNode.MUTATION, 1_000, 'one');
  expect(begun).toEqual(['a', 'b', 'light']);
  await end('b');
  await waiting;
  expect(begun).toEqual(['a', 'b', 'light', 'c']);
  await end('b');
  expect(reads.running).toBe(71);
});

test('one that is larger than the sum runs alone, and is not passed by for ever', async () => {
  const { begun, begin, end } = reader(new HeavyReads(limits));
  await begin('small', 20);
  const large = begin('large', 500);
  const later = begin('later', 20);
  await Promise.resolve();
  expect(begun).toEqual(['small']);
  await end('small');
  await large;
  expect(begun).toEqual(['small', 'large']);
  await end('large');
  await later;
});

test('callers take turns: who asks for much waits for himself', async () => {
  const { begun, begin, end } = reader(new HeavyReads(limits));
  await begin('first', 100, 'many');
  const rest = [begin('second', 100, 'many'), begin('third', 100, 'many'), begin('other', 100, 'few')];
  for (const name of ['first', 'second', 'other', 'third']) await end(name);
  await Promise.all(rest);
  expect(begun).toEqual(['first', 'second', 'other', 'third']);
});

test('who waits too long, or behind too many, is told to come again, and holds nothing', async () => {
  jest.useFakeTimers();
  const reads = new HeavyReads(limits);
  const { begin, end } = reader(reads);
  await begin('a', 100);
  const busy = { extensions: { code: 'OVERLOADED', http: { status: 503 } } };
  const waiting = [1, 2, 3, 4].map((name) => expect(begin(String(name), 100)).rejects.toMatchObject(busy));
  await expect(begin('fifth', 100)).rejects.toMatchObject(busy);
  await jest.advanceTimersByTimeAsync(1_001);
  await Promise.all(waiting);
  await end('a');
  expect(reads.running).toBe(0);
  await begin('free', 100);
  jest.useRealTimers();
});
