import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { JavaJudge } from '@trustcast/keystore/test/java-judge.js';
import { type Generator, fuzzGate, mutants } from './fuzz-gate.js';
import { recombinations } from './recombine.js';

describe('certificates that nobody has seen', () => {
  let judges: JavaJudge[] = [];
  beforeAll(async () => {
    const started = await Promise.all([JavaJudge.startAll(), JavaJudge.startProviders()]);
    judges = started.flat();
  });
  afterAll(() => Promise.all(judges.map((judge) => judge.stop())));

  const kinds: [string, () => Generator, number][] = [
    ['mutants', mutants, 2_000],
    ['recombinations', recombinations, 1_500],
  ];
  it.each(kinds)(
    '%s that the gate admits load in every JDK and with every provider that no warning names',
    async (kind, generator, count) => {
      const seed = Date.now() % 2 ** 32;
      const { admitted, escapes } = await fuzzGate(judges, generator(), count, seed);
      process.stdout.write(`seed ${seed}: ${admitted} of ${count} ${kind} admitted\n`);
      expect(escapes.map(({ der, reason }) => `${reason} ${der.toString('base64')}`)).toEqual([]);
      // Nothing would be proven by a gate that admits nothing.
      expect(admitted).toBeGreaterThan(100);
    },
    240_000,
  );
});
