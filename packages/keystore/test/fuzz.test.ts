import { describe, expect, it } from '@jest/globals';
import { runFuzz } from './fuzz-run.js';
import { TARGET } from './fuzz-target.js';

describe('whatever bytes are opened as a keystore', () => {
  it('are read or refused with a typed error, in bounded time and memory', () => {
    const { failures, runs, outcomes } = runFuzz(TARGET, { runs: 4_000, seconds: 8, seed: Date.now() % 2 ** 32 });
    expect(failures).toEqual([]);
    expect(runs).toBeGreaterThan(TARGET.corpus().length);
    // Nothing would be proven by a reader that reads nothing, or by one kind of damage.
    expect(Object.keys(outcomes).filter((outcome) => /PKCS12 of \d|JKS of \d/.test(outcome)).length).toBeGreaterThan(1);
    expect(Object.keys(outcomes).length).toBeGreaterThan(10);
  });

  it('are reported where a property fails, with the input', () => {
    const fuzz = (data: Buffer) => {
      if (data.includes('\xfe\xed', 0, 'latin1')) throw new Error('found');
      return 'read';
    };
    const { failures } = runFuzz({ ...TARGET, fuzz }, { runs: 500, seconds: 8, seed: 1 });
    expect(failures[0]).toMatch(/^Error: found [A-Za-z0-9+/=]+$/);
  });
});
