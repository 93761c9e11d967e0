import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { pemOf, readCertificateItems } from '../../src/index.js';
import { name, oddCertificate } from '../gate/odd-certificate.js';

const DER = oddCertificate({ subject: name('beside a key') });
const pem = pemOf(DER);
const b64 = (content: string | Uint8Array) => Buffer.from(content).toString('base64');
const secret = (key: string) => `data:\n  tls.crt: ${b64(pem)}\n  tls.key: ${key}\n`;
const folded = (text: string, width: number) => text.replace(new RegExp(`.{${width}}`, 'g'), '$&\n    ');
const bytes = (key: Buffer, write: (byte: number) => string, between = ', ') => [...key].map(write).join(between);
const hex = (byte: number) => byte.toString(16).padStart(2, '0');
const xml = '<RSAKeyValue><Modulus>AA</Modulus><D>BB</D></RSAKeyValue>';

const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 1024 });
const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = ec.export({ format: 'jwk' });
const kinds = [
  ['RSA', rsa, ['pkcs1', 'pkcs8']],
  ['EC', ec, ['sec1', 'pkcs8']],
] as const;

const refuses = (input: string | Uint8Array) => {
  let error: unknown;
  try {
    readCertificateItems(input);
  } catch (cause) {
    error = cause;
  }
  expect(error).toMatchObject({ code: 'PRIVATE_KEY_NOT_ALLOWED' });
};

describe.each(kinds.flatMap(([kind, key, types]) => types.map((type) => [kind, type, key] as const)))(
  'a private key of %s as %s beside a good certificate is refused',
  (_kind, type, key) => {
    const text = key.export({ type: type, format: 'pem' }).toString();
    const der = key.export({ type: type as 'pkcs8', format: 'der' });
    const body = b64(der);
    it.each<[string, string | Uint8Array]>([
      ['in a Secret', secret(b64(text))],
      ['in a Secret, behind a byte order mark', secret(b64(`\ufeff${text}`))],
      ['in a Secret, behind a comment', secret(b64(`ключ сервера\n${text}`))],
      ['in a Secret, in UTF-16', secret(b64(Buffer.from(text, 'utf16le')))],
      ['in a Secret, in UTF-16 with a mark', secret(b64(Buffer.from(`\ufeff${text}`, 'utf16le')))],
      ['in a Secret, as DER', secret(body)],
      ['in a Secret, encoded four times', secret(b64(b64(b64(b64(text)))))],
      ...[0, 1, 2, 3, 19, 40].map((length): [string, string] => [
        `in a Secret, folded behind ${length} characters`,
        secret(`>-\n    ${folded(b64(`${'#'.repeat(length)}\n${text}`), 76)}`),
      ]),
      ['in UTF-16 behind UTF-8', Buffer.concat([Buffer.from(pem), Buffer.from(`\ufeff${text}`, 'utf16le')])],
      ['in UTF-16 without a mark behind UTF-8', Buffer.concat([Buffer.from(pem), Buffer.from(text, 'utf16le')])],
      ['as DER behind DER', Buffer.concat([DER, der])],
      ['as DER behind DER and a blank', Buffer.concat([DER, Buffer.from(' '), der])],
      ['as DER behind DER and zeros', Buffer.concat([DER, Buffer.alloc(3), der])],
      ['as DER in the block', pemOf(Buffer.concat([DER, Buffer.alloc(1), der]))],
      ['as UTF-16 behind DER', Buffer.concat([DER, Buffer.from(text, 'utf16le')])],
      ['as an array of C', pem + bytes(der, (byte) => `0x${hex(byte)}`)],
      ['as an array of Java', pem + bytes(der, (byte) => `(byte) 0x${hex(byte)}`)],
      ['as decimal numbers', pem + bytes(der, String)],
      ['as escapes', pem + bytes(der, (byte) => `\\x${hex(byte)}`, '')],
      ['as hexadecimal', `${pem}\\x${der.toString('hex')}`],
      ['with signs of a diff', pem + body.replace(/.{1,64}/g, '+$&\n')],
      ['behind a name', `${pem}key_${body}`],
      ['behind a path', `${pem}/keys/${encodeURIComponent(body)}`],
      ['percent-encoded four times', pem + [1, 2, 3, 4].reduce((inner) => encodeURIComponent(inner), text)],
      ['in JSON three times', JSON.stringify(JSON.stringify(JSON.stringify({ pem, text })))],
      ['in colours', `${pem}${text.replaceAll('PRIVATE', '\x1b[31mPRIVATE\x1b[0m')}`],
      ['in colours, without its words', pem + body.replace(/.{1,64}/g, '\x1b[32m+$&\x1b[m\n')],
      ['with octal escapes', pem + text.replaceAll(' ', '\\040').replaceAll('\n', '\\012')],
    ])('%s', (_how, input) => refuses(input));
  },
);

describe('a private key beside a good certificate is refused', () => {
  it.each<[string, string]>([
    ['JWK', JSON.stringify(jwk)],
    ['JWK in YAML', `kty: EC\ncrv: P-256\nx: ${jwk.x}\ny: ${jwk.y}\nd: ${jwk.d}\n`],
    ['JWK in Python', JSON.stringify(jwk).replaceAll('"', "'")],
    ['JWK in JavaScript', `{kty:"EC",d:"${jwk.d}"}`],
    ['JWK in JSON in JSON', JSON.stringify(JSON.stringify(jwk))],
    ['JWK in base64url', Buffer.from(JSON.stringify(jwk)).toString('base64url')],
    ['a symmetric JWK', '{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"}'],
    ['XML with a namespace', xml.replace('>', ' xmlns="http://www.w3.org/2000/09/xmldsig#">')],
    ['XML with a prefix', xml.replace(/<(\/?)/g, '<$1ds:')],
    ['XML with attributes', xml.replace('<D>', '<D Id="x">')],
    ['XML as entities', xml.replaceAll('<', '&lt;').replaceAll('>', '&gt;')],
    ['XML in JSON', xml.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e')],
    ['openssl rsa -text', 'Private-Key: (2048 bit, 2 primes)\nmodulus:\n    00:aa\nprivateExponent:\n    00:bb\n'],
    ['openssl ec -text', 'Private-Key: (256 bit)\npriv:\n    00:bb:cc:dd:ee:ff:00\npub:\n'],
    ['age', 'AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQ'],
    ['OpenVPN', '-----BEGIN OpenVPN Static key V1-----\n00\n-----END OpenVPN Static key V1-----\n'],
  ])('%s', (_what, key) => {
    refuses(pem + key);
    refuses(secret(b64(key)));
  });
});
