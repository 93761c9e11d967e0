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

describe('one way to write a text that lies in another', () => {
  // Each of these was refused only as malformed, or as no certificate.
  const KEYS_IN: readonly (readonly string[])[] = [
    ['JSON, every character', 'quoted-printable'],
    ['xxd', '<br>'],
    ['xxd', 'one line with blanks'],
    ['hexdump -C', 'one line with tabs'],
    ['hexdump -C', 'empty lines between', 'a literal of Java'],
    ['no-break spaces', 'hexadecimal'],
    ['zeros in words', 'base64 of UTF-16'],
    ['zeros in words', 'base64 of UTF-16 without a mark'],
    ['en dashes', 'hexadecimal'],
    ['em dashes', 'hexadecimal'],
    ['JSON', 'xxd', 'a literal of PHP'],
  ];
  it.each(KEYS_IN.map((chain) => [chain.join(' in '), chain]))(
    'a private key is refused as one in %s',
    (_how, chain) => {
      for (const key of KEYS)
        expect(outcome(written(key, chain as string[]))).toMatchObject({ code: 'PRIVATE_KEY_NOT_ALLOWED' });
    },
  );

  const BARE_KEYS_IN: readonly (readonly string[])[] = [
    ['JSON', 'decimal numbers'],
    ['a log of containers', 'a Buffer in JSON'],
    ['hexadecimal', 'a diff'],
    ['hexadecimal with blanks', 'a form'],
    ['colours', 'hexadecimal'],
    ['zeros in words', 'hexadecimal with colons'],
    ['zeros in words', 'an array of Java'],
    ['zeros in words', 'decimal numbers'],
    ['zeros in words', 'escapes in octal'],
  ];
  it.each(BARE_KEYS_IN.map((chain) => [chain.join(' in '), chain]))(
    'a private key without its lines of dashes is refused as one in %s',
    (_how, chain) => {
      for (const key of KEYS)
        expect(outcome(written(key.replace(/-----[^\n]*\n/g, ''), chain as string[]))).toMatchObject({
          code: 'PRIVATE_KEY_NOT_ALLOWED',
        });
    },
  );

  const READ_IN: readonly (readonly string[])[] = [
    ['quoted-printable', 'a literal of Java'],
    ['quoted-printable', 'a literal of Visual Basic'],
    ['quoted-printable', 'a log'],
    ['quoted-printable', 'one line with blanks'],
    ['base64', 'escapes in octal'],
    ['base64 in lines', 'a form'],
    ['base64 in lines', 'a log'],
    ['base64 in lines', 'a literal of PHP'],
    ['base64 in lines with CRLF', 'a literal of PowerShell'],
    ['base64 in lines with CRLF', 'YAML, double quoted'],
    ['base64 behind words', 'decimal numbers'],
    ['a Secret', 'a Buffer in JSON'],
    ['a Secret, folded', 'a literal of C'],
    ['hexadecimal in lines', 'percent-encoding'],
    ['hexadecimal in lines', '<br>'],
    ['hexadecimal in lines', 'a box'],
    ['xxd', 'one line with blanks'],
    ['no-break spaces', 'percent-encoding'],
    ['zero width spaces', 'entities of everything'],
    ['a diff', 'a literal of C'],
    ['a diff', 'one line with tabs'],
    ['base64 in lines with CRLF', 'an .env file', 'a properties file'],
    ['line numbers', 'line numbers', 'one line with blanks'],
  ];
  it.each(READ_IN.map((chain) => [chain.join(' in '), chain]))('certificates are read in %s', (_how, chain) => {
    const found = outcome(written(PEMS.join(''), chain as string[]));
    expect((found as IntakeItem[]).map(({ der }) => der && digest(der))).toEqual(DERS.map(digest));
  });

  it('a block that is broken is named beside others that are read in a form of their own', () => {
    const broken = (PEMS[1] ?? '').replace(/\n(.{30})./, '\n$1!');
    const found = outcome(written([PEMS[0], broken, PEMS[2]].join(''), ['base64 in lines', 'a log'])) as IntakeItem[];
    expect(found.flatMap(({ der }) => (der ? [digest(der)] : []))).toEqual(
      [DERS[0], DERS[2]].map((der) => digest(der!)),
    );
    expect(found.some(({ error }) => error?.code === 'MALFORMED_CERTIFICATE')).toBe(true);
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
      (text: string) => [1, 2, 3, 4, 5, 6].reduce((read) => Buffer.from(read).toString('base64'), text),
    ],
    [
      'in base64 with signs between its own digits',
      (text: string) => `${PEMS[0]}${Buffer.from(text.replace(/\n(.{30})/, '\n$1;')).toString('base64')}\n`,
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
