import { describe, expect, test } from '@jest/globals';
import { countPkcs12Entries, writePkcs12 } from '@trustcast/keystore';
import fc from 'fast-check';
import { countBags } from './count-bags.js';

const entries = (count: number, size: number): { alias: string; der: Uint8Array }[] =>
  Array.from({ length: count }, (_, n) => ({ alias: `ca-${n}`, der: new Uint8Array(size).fill(n) }));

/** The file in pieces of these lengths, and one of what is left. */
function cut(file: Buffer, lengths: readonly number[]): Buffer[] {
  let at = 0;
  return [...lengths.map((length) => file.subarray(at, (at += length))), file.subarray(at)];
}

describe('counting what was written', () => {
  test('agrees with the reader for any number and size of entries, in whatever pieces the file stands', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(1, 100, 127, 128, 255, 256, 70_000),
        fc.array(fc.nat(5_000), { maxLength: 20 }),
        (count, size, lengths) => {
          const file = writePkcs12(entries(count, size));
          expect(countBags(cut(file, lengths))).toBe(count);
          expect(countPkcs12Entries(file)).toBe(count);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('a file that is cut off, padded or has a wrong length anywhere on the way is refused', () => {
    const file = writePkcs12(entries(3, 500));
    for (const length of [0, 1, 10, 60, file.length - 1]) expect(() => countBags([file.subarray(0, length)])).toThrow();
    expect(() => countBags([file, Buffer.of(0)])).toThrow();
    const longer = Buffer.from(file);
    longer.writeUInt16BE(longer.readUInt16BE(2) + 1, 2);
    expect(() => countBags([longer])).toThrow();
  });
});
