import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runFuzz } from '@trustcast/keystore/test/fuzz-run.js';
import { ReferenceJvm } from '@trustcast/keystore/test/reference-jvm.js';
import { machineRoots } from '@trustcast/keystore/test/machine-roots.js';
import { TARGET, admitted } from './fuzz-target.js';

/** Keystores with cheap keys, so that most of the time is spent on other things. */
const CHEAP = {
  'keystore.pkcs12.certPbeIterationCount': '100',
  'keystore.pkcs12.macIterationCount': '100',
  'keystore.pkcs12.keyPbeIterationCount': '100',
};

describe('whatever bytes are given to the intake', () => {
  let references: ReferenceJvm[] = [];
  beforeAll(async () => {
    references = await ReferenceJvm.startAll();
  });
  afterAll(() => Promise.all(references.map((reference) => reference.stop())));

  it('are read or refused with a typed error, and what the gate admits of them every JDK loads', async () => {
    const [trusted, server] = machineRoots() as [{ alias: string; der: Buffer }, { alias: string; der: Buffer }];
    const entries = [trusted, { kind: 'key', alias: 'server', der: server.der } as const];
    const stores = await Promise.all(
      ['PKCS12', 'JKS', 'JCEKS'].map((type) => references[0]!.store(type, 'changeit', entries, CHEAP)),
    );
    const found = new Map<string, Buffer>();
    const fuzz = (data: Buffer) => {
      for (const der of admitted(data)) found.set(der.toString('hex'), der);
      return TARGET.fuzz(data);
    };
    const { failures, runs, outcomes } = runFuzz(
      { ...TARGET, fuzz, corpus: () => [...TARGET.corpus(), ...stores] },
      { runs: 3_000, seconds: 8, seed: Date.now() % 2 ** 32 },
    );
    expect(failures).toEqual([]);
    expect(runs).toBeGreaterThan(stores.length);
    expect(Object.keys(outcomes).filter((outcome) => outcome.startsWith('admitted')).length).toBeGreaterThan(0);
    const sample = [...found.values()].slice(0, 500);
    for (const reference of references) {
      const loaded = await reference.open(sample.map((der, index) => ({ alias: `admitted-${index}`, der })));
      expect(loaded).toHaveLength(sample.length);
    }
  });
});
