import { describe, expect, test } from '@jest/globals';
import type { Position } from '@trustcast/schema';
import fc from 'fast-check';
import { type Candidate, PendingChanges } from './pending-changes.js';

const at = (revision: number): Position => ({ epoch: 1, revision });
const candidate = (from: number | null, to: number, bytes = 100): Candidate => ({
  message: { statement: `${from ?? '-'}>${to}`, from: from === null ? null : at(from), upserts: [], removals: [] },
  statement: { ...at(to), installation: '', environment: '', digest: '', issuedAt: 0, expiresAt: 1 },
  bytes,
  receivedAt: 0,
});
const names = (chain: readonly Candidate[]): string[] => chain.map(({ message }) => message.statement);
const pendingOf = (...candidates: Candidate[]): PendingChanges => {
  const pending = new PendingChanges();
  for (const one of candidates) pending.add(one);
  return pending;
};

describe('pending changes', () => {
  test('messages that came in the wrong order make one chain', () => {
    const pending = pendingOf(candidate(7, 8), candidate(5, 6), candidate(6, 7));
    expect(names(pending.chainFrom(at(5)))).toEqual(['5>6', '6>7', '7>8']);
  });

  test('a gap stops the chain', () => {
    const pending = pendingOf(candidate(5, 6), candidate(7, 8));
    expect(names(pending.chainFrom(at(5)))).toEqual(['5>6']);
    expect(pending.ahead).toMatchObject(at(8));
  });

  test('of two messages from the same position the one that leads further is kept', () => {
    expect(names(pendingOf(candidate(5, 6), candidate(5, 9)).chainFrom(at(5)))).toEqual(['5>9']);
    expect(names(pendingOf(candidate(5, 9), candidate(5, 6)).chainFrom(at(5)))).toEqual(['5>9']);
  });

  test('a whole set is taken where deltas do not lead as far, and deltas follow on it', () => {
    const pending = pendingOf(candidate(5, 6), candidate(null, 8), candidate(8, 9));
    expect(names(pending.chainFrom(at(5)))).toEqual(['->8', '8>9']);
    expect(names(pending.chainFrom(at(8)))).toEqual(['8>9']);
  });

  test('only a whole set leads on from nowhere', () => {
    expect(pendingOf(candidate(0, 1)).chainFrom(null)).toEqual([]);
    expect(names(pendingOf(candidate(0, 1), candidate(null, 3)).chainFrom(null))).toEqual(['->3']);
  });

  test('a statement without data tells how far the others are', () => {
    const pending = pendingOf(candidate(9, 9));
    expect(pending.ahead).toMatchObject(at(9));
    expect(pending.chainFrom(at(9))).toEqual([]);
    pending.reached(at(9));
    expect(pending.ahead).toBeNull();
  });

  test('discarded data leaves the knowledge that there is more', () => {
    const pending = pendingOf(candidate(5, 6));
    pending.discard(pending.chainFrom(at(5)));
    expect(pending.chainFrom(at(5))).toEqual([]);
    expect(pending.ahead).toMatchObject(at(6));
  });

  test('variants of one statement cannot fill the memory', () => {
    const pending = new PendingChanges();
    for (let from = 0; from < 10_000; from += 1) pending.add(candidate(from, 20_000, 1024 * 1024));
    let held = 0;
    for (let from = 0; from < 10_000; from += 1) held += pending.chainFrom(at(from)).length;
    expect(held).toBeLessThanOrEqual(64);
    expect(pending.ahead).toMatchObject(at(20_000));
  });

  test('a chain always connects, whatever was added', () => {
    const step = fc.tuple(fc.option(fc.nat(15)), fc.nat(15)).filter(([from, to]) => from === null || from < to);
    fc.assert(
      fc.property(fc.array(step), fc.nat(15), (steps, start) => {
        const chain = pendingOf(...steps.map(([from, to]) => candidate(from, to))).chainFrom(at(start));
        let position = start;
        for (const { message, statement } of chain) {
          if (message.from) expect(message.from.revision).toBe(position);
          expect(statement.revision).toBeGreaterThan(position);
          position = statement.revision;
        }
      }),
    );
  });
});
