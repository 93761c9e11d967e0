import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Pkcs12Writer, countPkcs12Entries, markerCertificate, readKeystore, writePkcs12 } from '../index.js';

const der = markerCertificate('6f1c2b52-5f0e-4d0c-9a8e-0d3c8a1f7b01');
const entriesOf = fc.uniqueArray(
  fc.record({
    alias: fc.string({ minLength: 1, maxLength: 255, unit: 'binary-ascii' }),
    der: fc.uint8Array({ maxLength: 70_000 }).map((bytes) => Buffer.from(bytes)),
  }),
  { maxLength: 20, selector: ({ alias }) => alias.toLowerCase() },
);

const pool = Array.from({ length: 3_000 }, (_, index) => ({ alias: `ca-${index}`, der: Buffer.alloc(500, index) }));

describe('writePkcs12', () => {
  it('gives back every entry in its order, whatever the alias and the bytes', () => {
    fc.assert(
      fc.property(entriesOf, (entries) => {
        const file = writePkcs12(entries);
        expect(readKeystore(file).entries).toEqual(entries);
        expect(Buffer.concat(new Pkcs12Writer().pieces(entries)).equals(file)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it.each([{ password: 'changeit' }, { password: 'changeit', encrypt: true }])(
    'gives the same bytes every time with %j, and its reader checks them',
    (options) => {
      fc.assert(
        fc.property(entriesOf, (entries) => {
          const file = writePkcs12(entries, options);
          expect(writePkcs12(entries, options).equals(file)).toBe(true);
          expect(Buffer.concat(new Pkcs12Writer(options).pieces(entries)).equals(file)).toBe(true);
          const read = readKeystore(file, options);
          expect(read.entries).toEqual(entries);
          expect(read.integrityVerified).toBe(true);
          expect(() => readKeystore(file, { password: 'other' })).toThrow('the password is wrong');
        }),
        { numRuns: 5 },
      );
    },
  );

  it('encrypts two sets under one salt with two initialization vectors', () => {
    const writer = new Pkcs12Writer({ password: 'changeit', encrypt: true, salt: Buffer.alloc(32, 7) });
    const [one, two] = [['a'], ['b']].map((aliases) => writer.write(aliases.map((alias) => ({ alias, der }))));
    expect(one?.subarray(-300, -100).equals(two!.subarray(-300, -100))).toBe(false);
  });

  it('that wrote other sets before gives the bytes of a new one, whatever came and went', () => {
    fc.assert(
      fc.property(fc.array(fc.subarray(pool), { minLength: 2, maxLength: 10 }), (sets) => {
        const writer = new Pkcs12Writer();
        for (const entries of sets) expect(writer.write(entries).equals(writePkcs12(entries))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('stays in few pieces and little memory, however many of its entries have changed', () => {
    const writer = new Pkcs12Writer();
    const entries = pool.slice(0, 3_000);
    for (let change = 0; change < 3_000; change++) {
      const at = (change * 7) % entries.length;
      entries[at] = { ...entries[at]!, der: Buffer.alloc(500, change) };
      const pieces = writer.pieces(entries);
      const slabs = [...new Set(pieces.map(({ buffer }) => buffer))];
      const held = slabs.reduce((sum, { byteLength }) => sum + byteLength, 0);
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
      expect(pieces.length).toBeLessThan(1_200);
      expect(held).toBeLessThan(2 * length + 2 ** 20);
    }
    expect(writer.write(entries).equals(writePkcs12(entries))).toBe(true);
  });

  it('refuses aliases that Java folds into one, and says which', () => {
    expect(() => writePkcs12(['partner', 'Partner'].map((alias) => ({ alias, der })))).toThrow(
      expect.objectContaining({ code: 'KEYSTORE_ALIAS_COLLISION', message: expect.stringContaining('"Partner"') }),
    );
  });

  it.each(['', 'pässword', 'line\n'])('refuses the password %j, which Java cannot use', (password) => {
    expect(() => writePkcs12([], { password })).toThrow(expect.objectContaining({ code: 'KEYSTORE_PASSWORD_INVALID' }));
  });

  it('refuses to encrypt without a password', () => {
    expect(() => writePkcs12([], { encrypt: true })).toThrow(
      expect.objectContaining({ code: 'KEYSTORE_PASSWORD_REQUIRED' }),
    );
  });

  it('writes a file without entries that reads as such', () => {
    expect(countPkcs12Entries(writePkcs12([]))).toBe(0);
  });
});
