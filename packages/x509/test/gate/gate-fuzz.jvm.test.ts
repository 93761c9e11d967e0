import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ReferenceJvm } from '@trustcast/keystore/test/reference-jvm.js';
import { type Generator, fuzzGate, mutants } from './fuzz-gate.js';
import { recombinations } from './recombine.js';

describe('certificates that nobody has seen', () => {
  let references: ReferenceJvm[] = [];
  beforeAll(async () => {
    const started = await Promise.all([ReferenceJvm.startAll(), ReferenceJvm.startProviders()]);
    references = started.flat();
  });
  afterAll(() => Promise.all(references.map((reference) => reference.stop())));

  const kinds: [string, () => Generator, number][] = [
    ['mutants', mutants, 1_200],
    ['recombinations', recombinations, 800],
  ];
  it.each(kinds)(
    '%s that the gate admits load in every JDK and with every provider that no warning names',
    async (kind, generator, count) => {
      const seed = Date.now() % 2 ** 32;
      const { admitted, escapes } = await fuzzGate(references, generator(), count, seed);
      process.stdout.write(`seed ${seed}: ${admitted} of ${count} ${kind} admitted\n`);
      expect(escapes.map(({ der, reason }) => `${reason} ${der.toString('base64')}`)).toEqual([]);
      // Nothing would be proven by a gate that admits nothing.
      expect(admitted).toBeGreaterThan(50);
    },
    240_000,
  );
});
