import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeInteger } from '@trustcast/keystore/test/asn1.js';
import { name, oddCertificate, sequence } from '../../test/gate/odd-certificate.js';
import { pemOf, readCertificates } from '../index.js';

const one = oddCertificate({ subject: name('one') });
const pem = pemOf(one);
const utf16 = (text: string, mark = true) => Buffer.from(`${mark ? '\ufeff' : ''}${text}`, 'utf16le');
const hex = (ders: readonly Uint8Array[]) => ders.map((der) => Buffer.from(der).toString('hex'));
const reads = (input: string | Uint8Array, ...expected: readonly Buffer[]) =>
  expect(hex(readCertificates(input))).toEqual(hex(expected));
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('a private key is refused', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const ed = generateKeyPairSync('ed25519').privateKey;
  const dsa = sequence(encodeInteger(0), ...[7, 5, 3, 2, 1].map((each) => encodeInteger(each)));
  const encrypted = { type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
  const pems = {
    'PKCS#8': ec.export({ type: 'pkcs8', format: 'pem' }).toString(),
    'PKCS#8 of Ed25519': ed.export({ type: 'pkcs8', format: 'pem' }).toString(),
    'encrypted PKCS#8': rsa.export({ ...encrypted, format: 'pem' }).toString(),
    'PKCS#1': rsa.export({ type: 'pkcs1', format: 'pem' }).toString(),
    'encrypted PKCS#1': rsa.export({ type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' }).toString(),
    SEC1: ec.export({ type: 'sec1', format: 'pem' }).toString(),
  };
  const ders: Readonly<Record<string, Buffer>> = {
    'PKCS#8': ec.export({ type: 'pkcs8', format: 'der' }),
    'PKCS#8 of Ed25519': ed.export({ type: 'pkcs8', format: 'der' }),
    'encrypted PKCS#8': rsa.export({ ...encrypted, format: 'der' }),
    'PKCS#1': rsa.export({ type: 'pkcs1', format: 'der' }),
    SEC1: ec.export({ type: 'sec1', format: 'der' }),
    DSA: dsa,
  };
  const refuses = (input: string | Uint8Array) => {
    expect(() => readCertificates(input)).toThrow(code('PRIVATE_KEY_NOT_ALLOWED'));
    expect(() => readCertificates(input, { encoding: 'BASE64' })).toThrow(code('PRIVATE_KEY_NOT_ALLOWED'));
    expect(() => readCertificates(input, { encoding: 'BASE64PEM' })).toThrow(code('PRIVATE_KEY_NOT_ALLOWED'));
  };

  it.each(Object.entries(pems))('%s in PEM: whole, beside a certificate, cut off, disguised', (_kind, key) => {
    const lines = key.trim().split('\n');
    for (const input of [
      key,
      pem + key,
      key + pem,
      pem.trimEnd() + key,
      lines.slice(0, -1).join('\n'),
      lines.slice(1).join('\n'),
      key.replaceAll('\n', ''),
      key.replaceAll('\n', '\\n'),
      JSON.stringify({ cert: pem, key }),
      key.toLowerCase(),
      key.replaceAll('-----', ''),
      Buffer.from(key).toString('base64'),
      Buffer.from(pem + key).toString('base64'),
      utf16(key),
      utf16(pem + key, false).swap16(),
      Buffer.from(pem + key),
    ])
      refuses(input);
  });

  it.each(Object.entries(ders))(
    '%s in DER: whole, in base64 or hex, cut off, behind a certificate, mislabelled',
    (_kind, key) => {
      const body = key.toString('base64');
      for (const input of [
        key,
        body,
        body.replace(/.{20}/g, '$&\n'),
        key.toString('hex'),
        Buffer.concat([one, key]),
        Buffer.concat([one, key]).toString('base64'),
        pemOf(key),
        pemOf(key).replaceAll('CERTIFICATE', 'PKCS7'),
        pemOf(Buffer.concat([one, key])),
        `${pem}\n${body}\n`,
      ])
        refuses(input);
      if (key.length > 60) refuses(body.slice(0, 60));
    },
  );

  it.each([
    '{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA","d":"AAAA"}',
    'PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none',
    '---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----',
    '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----',
    '-----BEGIN PGP PRIVATE KEY BLOCK-----',
    '<RSAKeyValue><Modulus>AA</Modulus><D>AA</D></RSAKeyValue>',
    '-----END PRIVATE KEY-----',
  ])('in another spelling: %s', (input) => refuses(input));

  it('and the error repeats nothing of it', () => {
    const secret = pems['PKCS#8'].split('\n')[1]!;
    try {
      readCertificates(pems['PKCS#8']);
    } catch (error) {
      expect(JSON.stringify([error, (error as Error).message, (error as Error).stack])).not.toContain(
        secret.slice(0, 12),
      );
    }
    expect.assertions(1);
  });

  it('but no certificate is taken for one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.uint8Array({ maxLength: 300 }), (serial, text) => {
        const der = oddCertificate({ serialNumber: encodeInteger(serial), subject: name(Buffer.from(text)) });
        reads(der, der);
        reads(pemOf(der), der);
        reads(der.toString('base64'), der);
      }),
    );
  });
});
