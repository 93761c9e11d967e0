import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type IntakeItem, pemOf, readCertificateItems } from '../../src/index.js';
import { name, oddCertificate } from '../gate/odd-certificate.js';
import { TRANSFORMATIONS } from './transformations.js';

const DERS = ['one', 'two', 'three'].map((text) => oddCertificate({ subject: name(text) }));
const PEMS = DERS.map(pemOf);
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const KEYS = (['pkcs8', 'sec1'] as const).map((type) => ec.export({ type, format: 'pem' }).toString());

const chains = fc.array(fc.constantFrom(...Object.keys(TRANSFORMATIONS)), { maxLength: 2 });
const written = (text: string, chain: readonly string[]) =>
  chain.reduce((read, how) => TRANSFORMATIONS[how]?.(read) ?? read, text);
const options = { numRuns: 250, seed: 1511 };

/** What is given back, or why all of it is refused. */
function outcome(input: string): readonly IntakeItem[] | { readonly code: string; readonly message: string } {
  try {
    return readCertificateItems(input);
  } catch (error) {
    return error as { code: string; message: string };
  }
}

const digest = (der: Uint8Array) => Buffer.from(der).toString('hex');
const ORIGINALS = new Set(DERS.map(digest));

describe('however certificates are written, one in another or side by side', () => {
  it('as many come back or are named as there are blocks, and none is another one', () => {
    const blocks = fc.array(chains, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(blocks, chains, (each, around) => {
        const found = outcome(written(each.map((chain, at) => written(PEMS[at] ?? '', chain)).join('\n'), around));
        // All of it is refused at once where nothing in it can be read; that is a typed error, too.
        if (!Array.isArray(found)) {
          expect(found).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) });
          return;
        }
        const items = found as readonly IntakeItem[];
        const read = new Set(items.flatMap(({ der }) => (der ? [digest(der)] : [])));
        expect([...read].filter((der) => !ORIGINALS.has(der))).toEqual([]);
        expect(read.size + items.filter(({ error }) => error).length).toBeGreaterThanOrEqual(each.length);
      }),
      options,
    );
  });

  it('a private key is refused as one, alone and beside a certificate', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KEYS), chains, chains, fc.boolean(), (key, inside, around, isBeside) => {
        const beside = isBeside ? `${PEMS[0]}\n` : '';
        const input = written(beside + written(key, inside.slice(0, 1)), around.slice(0, 1));
        expect(outcome(input)).toMatchObject({ code: 'PRIVATE_KEY_NOT_ALLOWED' });
      }),
      options,
    );
  });
});

describe('a certificate that is announced and not read is named with its line', () => {
  it.each([
    [
      'in base64 with signs between its digits',
      (text: string) => `${PEMS[0]}\n${Buffer.from(text).toString('base64').replace(/.{40}/g, '$&;')}\n`,
    ],
    [
      'in base64, too often',
      (text: string) => [1, 2, 3, 4, 5].reduce((read) => Buffer.from(read).toString('base64'), text),
    ],
    [
      'in base64 with bytes that no text has',
      (text: string) => `${PEMS[0]}${Buffer.from(text.replace('BEGIN', 'BE\u0001GIN')).toString('base64')}\n`,
    ],
  ])('%s', (_how, write) => {
    const found = outcome(write(PEMS[1] ?? ''));
    const errors = Array.isArray(found)
      ? (found as IntakeItem[]).flatMap(({ error }) => (error ? [error] : []))
      : [found];
    expect(errors).toContainEqual(
      expect.objectContaining({ code: 'MALFORMED_CERTIFICATE', message: expect.stringMatching(/lines? \d+/) }),
    );
  });
});
