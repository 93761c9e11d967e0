import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EMPTY_SET, type Entry, applyDelta, digestOf } from './certificate-set.js';
import { LimitExceededError } from '../errors.js';

const scope = {
  installation: '00000000-0000-4000-8000-000000000001',
  environment: '00000000-0000-4000-8000-000000000002',
};
const entry = (alias: string, ...bytes: number[]): Entry => ({ alias, der: Uint8Array.from(bytes) });

const entries = fc.uniqueArray(
  fc.record({ alias: fc.stringMatching(/^[a-z]{1,8}$/), der: fc.uint8Array({ minLength: 1, maxLength: 8 }) }),
  { selector: ({ alias }) => alias, maxLength: 20 },
);

describe('digestOf', () => {
  test('does not depend on the order in which entries arrived', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const forwards = applyDelta(EMPTY_SET, { upserts: list, removals: [] });
        const backwards = applyDelta(EMPTY_SET, { upserts: list.toReversed(), removals: [] });
        expect(digestOf(scope, forwards)).toBe(digestOf(scope, backwards));
      }),
    );
  });

  test('orders lines by their bytes, also where UTF-16 and UTF-8 could differ', () => {
    const upserts = [entry('\uffee', 1), entry('\u00fc', 1), entry('z', 1), entry('A', 1)];
    const set = applyDelta(EMPTY_SET, { upserts, removals: [] });
    const aliases = [...set.values()].map(({ alias }) => alias);
    const byText = aliases.toSorted();
    const byBytes = aliases.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(byText).toEqual(byBytes);
  });

  test.each([
    ['the alias spelling', [entry('A', 1)], [entry('a', 1)]],
    ['the certificate', [entry('a', 1)], [entry('a', 2)]],
    ['a missing entry', [entry('a', 1), entry('b', 1)], [entry('a', 1)]],
  ])('differs by %s', (_what, left, right) => {
    const digest = (upserts: Entry[]) => digestOf(scope, applyDelta(EMPTY_SET, { upserts, removals: [] }));
    expect(digest(left)).not.toBe(digest(right));
  });

  test('is bound to the installation and the environment', () => {
    const digests = [
      scope,
      { ...scope, installation: scope.environment },
      { ...scope, environment: scope.installation },
    ].map((each) => digestOf(each, EMPTY_SET));
    expect(new Set(digests).size).toBe(3);
  });
});

describe('applyDelta', () => {
  test('from any set to any other, the delta leads to the same digest as the set itself', () => {
    fc.assert(
      fc.property(entries, entries, (before, after) => {
        const from = applyDelta(EMPTY_SET, { upserts: before, removals: [] });
        const kept = new Set(after.map(({ alias }) => alias));
        const removals = before.map(({ alias }) => alias).filter((alias) => !kept.has(alias));
        const to = applyDelta(from, { upserts: after, removals });
        expect(digestOf(scope, to)).toBe(digestOf(scope, applyDelta(EMPTY_SET, { upserts: after, removals: [] })));
        expect(from.size).toBe(before.length);
      }),
    );
  });

  test('a new spelling of an alias is a removal and an upsert in one delta', () => {
    const set = applyDelta(EMPTY_SET, { upserts: [entry('Foo', 1)], removals: [] });
    const next = applyDelta(set, { upserts: [entry('foo', 1)], removals: ['Foo'] });
    expect([...next.values()].map(({ alias }) => alias)).toEqual(['foo']);
  });

  test('a removal of what is not there is a mismatch', () => {
    expect(() => applyDelta(EMPTY_SET, { upserts: [], removals: ['a'] })).toThrow('does not have');
  });

  test('two upserts that fold to one alias are a mismatch', () => {
    expect(() => applyDelta(EMPTY_SET, { upserts: [entry('a', 1), entry('A', 2)], removals: [] })).toThrow(
      'same alias',
    );
  });

  test('a set at the cap is taken, and one over it is refused', () => {
    const upserts = Array.from({ length: 20_001 }, (_, index) => entry(`a${index}`, 1));
    expect(applyDelta(EMPTY_SET, { upserts: upserts.slice(1), removals: [] }).size).toBe(20_000);
    expect(() => applyDelta(EMPTY_SET, { upserts, removals: [] })).toThrow(LimitExceededError);
  });
});
