import { describe, expect, test } from '@jest/globals';
import { type CertificateSet, EMPTY_SET, applyDelta, fingerprintOf } from '@trustcast/schema';
import fc from 'fast-check';
import { type LoggedDelta, composeDeltas } from './logged-delta.js';

const ALIASES = ['a', 'A', 'b', 'B', 'c'];

/** What the log has after a change: a line replaced under its alias, respelled, added or removed. */
function logged(set: CertificateSet, alias: string, der: Uint8Array, remove: boolean): LoggedDelta {
  const there = set.get(alias.toLowerCase());
  if (remove) return { upserts: [], removals: there ? [there.alias] : [] };
  return {
    upserts: [{ alias, der, fingerprint: fingerprintOf(der), replaces: there?.alias === alias }],
    removals: there && there.alias !== alias ? [there.alias] : [],
  };
}

describe('several deltas as one', () => {
  test('lead to the same set, from wherever they start', () => {
    const step = fc.record({
      alias: fc.constantFrom(...ALIASES),
      der: fc.uint8Array({ minLength: 1, maxLength: 2 }),
      remove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), fc.array(step, { maxLength: 12 }), (before, steps) => {
        const follow = (start: CertificateSet, all: typeof steps) => {
          const deltas: LoggedDelta[] = [];
          let set = start;
          for (const { alias, der, remove } of all) {
            const delta = logged(set, alias, der, remove);
            deltas.push(delta);
            set = applyDelta(set, delta);
          }
          return { set, deltas };
        };
        const start = follow(EMPTY_SET, before).set;
        const { set, deltas } = follow(start, steps);
        const lines = (each: CertificateSet) =>
          [...each.values()].map(({ alias, fingerprint }) => [alias, fingerprint]).sort();
        expect(lines(applyDelta(start, composeDeltas(deltas)))).toEqual(lines(set));
      }),
    );
  });

  test('say nothing of what came and went', () => {
    const der = new Uint8Array([1]);
    const come = { upserts: [{ alias: 'x', der, fingerprint: 'f', replaces: false }], removals: [] };
    expect(composeDeltas([come, { upserts: [], removals: ['x'] }])).toEqual({ upserts: [], removals: [] });
  });
});
