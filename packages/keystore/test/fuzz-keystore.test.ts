import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { Asn1Error, KeystoreError, readKeystore, writePkcs12 } from '../src/index.js';
import { machineRoots } from './machine-roots.js';

const fixtures = new URL('../../test/fixtures/stores/', import.meta.url);
/** Java's way of opening without a password derives keys all the same: files with hundreds of thousands of iterations take seconds. */
const cheap = readdirSync(fixtures).filter((name) => /^(?:bc|ossl3)-/.test(name));
const corpus = [...cheap.map((name) => readFileSync(new URL(name, fixtures))), writePkcs12(machineRoots().slice(0, 2))];

/** A file of the corpus, changed at some places and perhaps cut off. */
const damaged = fc
  .record({
    file: fc.constantFrom(...corpus),
    changes: fc.array(fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) }), { maxLength: 4 }),
    cut: fc.option(fc.nat(), { freq: 4 }),
  })
  .map(({ file, changes, cut }) => {
    const bytes = Buffer.from(file);
    // Most changes go where the structure is: into the first 400 bytes.
    for (const { at, byte } of changes) bytes[at % (at % 3 === 0 ? bytes.length : Math.min(400, bytes.length))] = byte;
    return cut === null ? bytes : bytes.subarray(0, cut % (bytes.length + 1));
  });

describe('a damaged keystore', () => {
  it('is read or refused with a typed error, whatever the damage', () => {
    let read = 0;
    fc.assert(
      fc.property(damaged, (bytes) => {
        try {
          const { entries } = readKeystore(bytes, { certificates: 'all' });
          for (const { der } of entries) expect(der.length).toBeLessThanOrEqual(bytes.length);
          read++;
        } catch (error) {
          if (!(error instanceof KeystoreError || error instanceof Asn1Error)) throw error;
        }
      }),
      { numRuns: 400 },
    );
    expect(read).toBeGreaterThan(0);
  });
});
