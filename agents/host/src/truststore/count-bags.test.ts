import { describe, expect, test } from '@jest/globals';
import { countPkcs12Entries, writePkcs12 } from '@trustcast/keystore';
import fc from 'fast-check';
import { countBags } from './count-bags.js';

const entries = (count: number, size: number): { alias: string; der: Uint8Array }[] =>
  Array.from({ length: count }, (_, n) => ({ alias: `ca-${n}`, der: new Uint8Array(size).fill(n) }));

describe('counting what was written', () => {
  test('agrees with the reader for any number and size of entries', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(1, 100, 127, 128, 255, 256, 70_000),
        (count, size) => {
          const file = writePkcs12(entries(count, size));
          expect(countBags(file)).toBe(count);
          expect(countPkcs12Entries(file)).toBe(count);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('a file that is cut off, padded or has a wrong length anywhere on the way is refused', () => {
    const file = writePkcs12(entries(3, 500));
    for (const length of [0, 1, 10, 60, file.length - 1]) expect(() => countBags(file.subarray(0, length))).toThrow();
    expect(() => countBags(Buffer.concat([file, Buffer.of(0)]))).toThrow();
    const longer = Buffer.from(file);
    longer.writeUInt16BE(longer.readUInt16BE(2) + 1, 2);
    expect(() => countBags(longer)).toThrow();
  });
});
