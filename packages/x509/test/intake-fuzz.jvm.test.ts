import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { JavaJudge } from '@trustcast/keystore/test/java-judge.js';
import { readCertificateItems } from '../src/index.js';
import { fuzzIntake, intakeSeeds } from './fuzz-intake.js';

describe('mutated uploads', () => {
  let judges: JavaJudge[] = [];
  let seeds: Buffer[] = [];
  beforeAll(async () => {
    judges = await JavaJudge.startAll();
    seeds = await intakeSeeds(judges[0]!);
  });
  afterAll(() => Promise.all(judges.map((judge) => judge.stop())));

  it('descend from uploads that can be read', () => {
    for (const upload of seeds)
      expect(readCertificateItems(upload, { password: 'changeit' }).every(({ der }) => der !== null)).toBe(true);
  });

  it('never crash, hang or raise an error that is not ours', () => {
    const { failures, readable } = fuzzIntake(seeds, 1_000, Date.now() % 2 ** 32);
    expect(failures).toEqual([]);
    expect(readable).toBeGreaterThan(50);
  });
});
