import { describe, expect, it } from '@jest/globals';
import { pemOf, readCertificateItems } from '../../src/index.js';
import { bits, name, oddCertificate } from '../gate/odd-certificate.js';

/** Its signature fills several lines, as those of RSA do: there a line too many breaks no length. */
const der = oddCertificate({
  subject: name('long'),
  signature: bits(Buffer.alloc(384, 0x5a).map((_, at) => (at * 37) & 0xff)),
});
const lines = pemOf(der).trim().split('\n');
const found = (input: string) => readCertificateItems(input);
const ders = (input: string) =>
  found(input).flatMap((item) => (item.der ? [Buffer.from(item.der).toString('hex')] : []));
const errors = (input: string) => found(input).flatMap(({ error }) => (error ? [error.message] : []));
const inserted = (at: number, line: string, all = lines) => [...all.slice(0, at), line, ...all.slice(at)].join('\n');

describe('a block that holds more than its certificate is refused, never read as another one', () => {
  it.each(lines.slice(1, -2).map((line, index) => [index + 2, line] as const))('line %i repeated', (at, line) => {
    const input = inserted(at, line);
    expect(ders(input)).toEqual([]);
    expect(errors(input)).toEqual([expect.stringMatching(/^PEM block 1 \(line 1\) cannot be read: /)]);
  });

  it.each(['SNIP', 'Page', 'AAAA', 'abcdefgh', 'MIIB'])('the word %s before its last lines', (word) => {
    const input = inserted(lines.length - 3, word);
    expect(ders(input)).toEqual([]);
    expect(errors(input)[0]).toMatch(
      /\d+ bytes are left over behind the certificate: line \d+ of its content is shorter/,
    );
  });

  it('and names the line that is repeated', () => {
    expect(errors(inserted(lines.length - 3, lines[lines.length - 4] ?? ''))[0]).toMatch(
      `line ${lines.length - 2} of its content repeats line ${lines.length - 3}`,
    );
  });

  it.each(lines.slice(1, -2).map((line, index) => [index + 1, line] as const))(
    'bare base64, line %i repeated',
    (at, line) => {
      const input = inserted(at, line, lines.slice(1, -1));
      for (const text of [input, `ca: |\n${input.replace(/^/gm, '  ')}\nother: x\n`]) {
        let read: readonly string[] = [];
        try {
          read = ders(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'MALFORMED_CERTIFICATE' });
        }
        // The first line alone is the start of a certificate that is cut off; the whole one stands behind it.
        expect(read).toEqual(at === 1 ? [der.toString('hex')] : []);
      }
    },
  );

  it('but several certificates in one block, padded or not, are each read', () => {
    const other = oddCertificate({ subject: name('other') });
    const row = Buffer.concat([der, other]).toString('base64');
    const padded = `${der.toString('base64')}\n${other.toString('base64')}`;
    for (const body of [row, padded])
      expect(ders(`-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`)).toEqual([
        der.toString('hex'),
        other.toString('hex'),
      ]);
  });
});
