import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { JavaJudge } from '@trustcast/keystore/test/java-judge.js';
import { fuzzGate } from './fuzz-gate.js';

describe('mutated certificates', () => {
  let judges: JavaJudge[] = [];
  beforeAll(async () => {
    judges = await JavaJudge.startAll();
  });
  afterAll(() => Promise.all(judges.map((judge) => judge.stop())));

  it('that the gate admits load in every JDK, and their fields can be read', async () => {
    const seed = Date.now() % 2 ** 32;
    const { admitted, escapes } = await fuzzGate(judges, 2_000, seed);
    process.stdout.write(`seed ${seed}: ${admitted} of 2000 mutants admitted\n`);
    expect(escapes.map(({ der, reason }) => `${reason} ${der.toString('base64')}`)).toEqual([]);
    // Nothing would be proven by a gate that admits nothing.
    expect(admitted).toBeGreaterThan(100);
  }, 60_000);
});
