import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { writePkcs12 } from '@trustcast/keystore';
import { encodeElement, encodeInteger, encodeOid } from '@trustcast/keystore/test/asn1.js';
import { name, oddCertificate, sequence } from '../../test/gate/odd-certificate.js';
import { pemOf, readCertificateItems, readCertificates } from '../index.js';

const one = oddCertificate({ subject: name('one') });
const two = oddCertificate({ subject: name('two') });
const pem = pemOf(one);
const base64 = one.toString('base64');
const utf16 = (text: string, mark = true) => Buffer.from(`${mark ? '\ufeff' : ''}${text}`, 'utf16le');
const hex = (ders: readonly Uint8Array[]) => ders.map((der) => Buffer.from(der).toString('hex'));
const reads = (input: string | Uint8Array, ...expected: readonly Buffer[]) =>
  expect(hex(readCertificates(input))).toEqual(hex(expected));
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('certificates are found', () => {
  it.each<[string, string | Uint8Array]>([
    ['in PEM', pem],
    ['in DER', one],
    ['in bare base64', base64],
    ['in bare base64 without padding', base64.replace(/=+$/, '')],
    ['in base64 of 76 columns with CRLF', base64.replace(/.{76}/g, '$&\r\n')],
    ['with CRLF', pem.replaceAll('\n', '\r\n')],
    ['with CR alone', pem.replaceAll('\n', '\r')],
    ['behind a byte order mark', `\ufeff${pem}`],
    ['behind a byte order mark in bytes', Buffer.from(`\ufeff${pem}`)],
    ['in UTF-16 with a mark', utf16(pem)],
    ['in UTF-16 without a mark', utf16(pem, false)],
    ['in big-endian UTF-16', utf16(pem).swap16()],
    ['in big-endian UTF-16 without a mark', utf16(pem, false).swap16()],
    ['on one line', pem.replaceAll('\n', '')],
    ['on one line with spaces', pem.replaceAll('\n', ' ')],
    ['indented', pem.replace(/^/gm, '    ')],
    ['indented by a no-break space', pem.replace(/^/gm, '\u00a0')],
    ['with literal \\n', pem.replaceAll('\n', '\\n')],
    ['with literal \\r\\n in quotes', `"${pem.replaceAll('\n', '\\r\\n')}"`],
    ['as JSON', JSON.stringify({ certificate: pem })],
    [
      'as lines of source code',
      pem
        .trim()
        .split('\n')
        .map((line) => `  "${line}\\n" +`)
        .join('\n'),
    ],
    ['in single quotes', `'${pem}'`],
    ['quoted in a mail', pem.replace(/^/gm, '> ')],
    ['with junk around it', `Bag Attributes\n  friendlyName: x\nsubject=CN = x\n${pem}trailing words`],
    ['with dashes of a word processor', pem.replaceAll('-----', '\u2013\u2013\u2013\u2013\u2013')],
    ['labelled X509 CERTIFICATE', pem.replaceAll('CERTIFICATE', 'X509 CERTIFICATE')],
  ])('%s', (_how, input) => reads(input, one));

  it('labelled TRUSTED CERTIFICATE, without the settings behind them', () => {
    const trusted = Buffer.concat([one, sequence(sequence(encodeOid('1.3.6.1.5.5.7.3.1')))]).toString('base64');
    reads(`-----BEGIN TRUSTED CERTIFICATE-----\n${trusted}\n-----END TRUSTED CERTIFICATE-----`, one);
  });

  it('several in PEM, in their order, with a public key and a request between them', () => {
    const other = '-----BEGIN PUBLIC KEY-----\nMAAA\n-----END PUBLIC KEY-----\n';
    reads(pemOf(two) + other + pem, two, one);
  });

  it('several in DER one after the other', () => reads(Buffer.concat([one, two]), one, two));

  it('with bytes behind them, which are left aside', () => {
    reads(Buffer.concat([one, Buffer.from('\n')]), one);
    reads(Buffer.concat([one, Buffer.from('\r\n'), two, Buffer.from('\r\n')]), one, two);
  });

  it.each(['DER', 'PEM', 'BER'])('in PKCS#7 as %s', (how) => {
    const certificates = encodeElement(0xa0, one, two);
    const body = [encodeInteger(1), encodeElement(0x31), sequence(encodeOid('1.2.840.113549.1.7.1'))];
    const signed = sequence(...body, certificates, encodeElement(0x31));
    const info = [encodeOid('1.2.840.113549.1.7.2'), encodeElement(0xa0, signed)];
    const der = sequence(...info);
    const end = Buffer.of(0, 0);
    const ber = Buffer.concat([Buffer.of(0x30, 0x80), info[0]!, Buffer.of(0xa0, 0x80), signed, end, end]);
    const armoured = `-----BEGIN PKCS7-----\n${der.toString('base64')}\n-----END PKCS7-----`;
    reads({ DER: der, PEM: armoured, BER: ber }[how]!, one, two);
  });

  it('in a truststore, with their aliases', () => {
    const file = writePkcs12([
      { alias: 'Eins', der: one },
      { alias: 'zwei', der: two },
    ]);
    expect(readCertificateItems(file).map(({ alias }) => alias)).toEqual(['Eins', 'zwei']);
    expect(readCertificateItems(file.toString('base64')).map(({ alias }) => alias)).toEqual(['Eins', 'zwei']);
  });

  it('in an encrypted truststore with its password', () => {
    const file = writePkcs12([{ alias: 'one', der: one }], { password: 'changeit', encrypt: true });
    expect(hex(readCertificates(file, { password: 'changeit' }))).toEqual(hex([one]));
    expect(() => readCertificates(file)).toThrow(code('PASSWORD_REQUIRED'));
    expect(() => readCertificates(file, { password: 'other' })).toThrow(code('PASSWORD_WRONG'));
  });

  it('as results of their own when one of them is broken', () => {
    const items = readCertificateItems(`${pem}${pemOf(two.subarray(0, -1))}${pemOf(two)}`);
    expect(items.map(({ error }) => error?.code ?? 'ok')).toEqual(['ok', 'MALFORMED_CERTIFICATE', 'ok']);
  });
});

describe('input is refused with the way out', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['nothing', '', 'NO_CERTIFICATE'],
    ['no bytes', Buffer.alloc(0), 'NO_CERTIFICATE'],
    ['words', 'hello, world', 'NO_CERTIFICATE'],
    ['a public key', '-----BEGIN PUBLIC KEY-----\nMAAA\n-----END PUBLIC KEY-----', 'NO_CERTIFICATE'],
    ['a truststore without entries', writePkcs12([]), 'NO_CERTIFICATE'],
    ['base64 of something else', Buffer.from('not a certificate at all').toString('base64'), 'MALFORMED_CERTIFICATE'],
    ['a second certificate cut off', Buffer.concat([one, two.subarray(0, -1)]), 'MALFORMED_CERTIFICATE'],
    ['something else behind the certificate', Buffer.concat([one, sequence(name('x'))]), 'MALFORMED_CERTIFICATE'],
    ['PEM with bytes behind its certificate', pemOf(Buffer.concat([one, Buffer.of(5, 0)])), 'MALFORMED_CERTIFICATE'],
    ['a certificate cut off', one.subarray(0, -1), 'MALFORMED_CERTIFICATE'],
    ['PEM cut off', pem.slice(0, -40), 'MALFORMED_CERTIFICATE'],
    ['PEM with another END', pem.replace('END CERTIFICATE', 'END PKCS7'), 'MALFORMED_CERTIFICATE'],
    ['PEM whose body is no base64', pem.replace('\nMI', '\n!!'), 'MALFORMED_CERTIFICATE'],
    ['PKCS#7 of another kind', sequence(encodeOid('1.2.840.113549.1.7.1')), 'FORMAT_UNSUPPORTED'],
    ['PKCS#7 cut off', sequence(encodeOid('1.2.840.113549.1.7.2')), 'MALFORMED_CERTIFICATE'],
  ])('%s', (_what, input, expected) => expect(() => readCertificates(input)).toThrow(code(expected)));

  it('PEM where BASE64 was chosen, and base64 where BASE64PEM was', () => {
    expect(() => readCertificates(pem, { encoding: 'BASE64' })).toThrow('this is PEM; choose BASE64PEM');
    expect(() => readCertificates(base64, { encoding: 'BASE64PEM' })).toThrow('choose BASE64');
    expect(hex(readCertificates(base64, { encoding: 'BASE64' }))).toEqual(hex([one]));
    expect(hex(readCertificates(pem, { encoding: 'BASE64PEM' }))).toEqual(hex([one]));
  });

  it('whatever it is, with an error of its own and never another', () => {
    const known =
      /^(?:PRIVATE_KEY_NOT_ALLOWED|NO_CERTIFICATE|WRONG_ENCODING|MALFORMED_CERTIFICATE|FORMAT_UNSUPPORTED)$/;
    const tries = (input: string | Uint8Array) => {
      try {
        readCertificates(input);
      } catch (error) {
        expect((error as { code: string }).code).toMatch(known);
      }
    };
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array()), tries), { numRuns: 500 });
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(
            '-----BEGIN CERTIFICATE-----',
            '-----END CERTIFICATE-----',
            'MIIB',
            '\n',
            ' ',
            '\\n',
            '"',
          ),
        }),
        tries,
      ),
      { numRuns: 500 },
    );
  });
});
