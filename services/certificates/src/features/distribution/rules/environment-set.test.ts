import { describe, expect, test } from '@jest/globals';
import { EMPTY_SET, applyDelta, digestOf, fingerprintOf } from '@trustcast/schema';
import fc from 'fast-check';
import { EnvironmentSet } from './environment-set.js';

const SCOPE = {
  installation: '11111111-1111-4111-8111-111111111111',
  environment: '22222222-2222-4222-8222-222222222222',
};
const ALIASES = ['a', 'A', 'b', 'ab', 'B/c', 'İ', 'i̇', 'I', 'ﬀ', 'z z', '￮'];

describe('the digest of a set that is kept', () => {
  test('is, after any changes, the one that the schema defines', () => {
    const step = fc.record({
      alias: fc.constantFrom(...ALIASES),
      der: fc.uint8Array({ minLength: 1, maxLength: 3 }),
      remove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let expected = EMPTY_SET;
        const set = new EnvironmentSet(SCOPE, [], 2);
        for (const { alias, der, remove } of steps) {
          const key = alias.toLowerCase();
          const there = expected.get(key);
          const delta = remove
            ? { upserts: [], removals: there ? [there.alias] : [] }
            : { upserts: [{ alias, der, fingerprint: fingerprintOf(der) }], removals: [] };
          expected = applyDelta(expected, delta);
          set.apply(delta);
          expect(set.digest()).toBe(digestOf(SCOPE, expected));
          expect(set.size).toBe(expected.size);
        }
        expect(new EnvironmentSet(SCOPE, [...expected.values()]).digest()).toBe(digestOf(SCOPE, expected));
      }),
    );
  });

  test('does not come about when a removal names nothing', () => {
    const set = new EnvironmentSet(SCOPE, [{ alias: 'a', fingerprint: 'f' }]);
    expect(() => set.apply({ upserts: [], removals: ['b'] })).toThrow(
      expect.objectContaining({ code: 'DELTA_MISMATCH' }),
    );
  });
});
