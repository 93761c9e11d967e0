import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { pemOf, readCertificates } from '../../src/index.js';
import { BYTES, NESTED } from './carriers/bytes.js';
import { CONFIGURATION } from './carriers/configuration.js';
import { FIELD } from './carriers/field.js';
import { PROGRAMS } from './carriers/programs.js';
import { TRANSPORT } from './carriers/transport.js';
import { name, oddCertificate } from '../gate/odd-certificate.js';

const CARRIERS = Object.entries({ ...CONFIGURATION, ...PROGRAMS, ...TRANSPORT, ...FIELD, ...BYTES, ...NESTED });
/** Carriers of one binary content. */
const isSingle = (carrier: (pems: readonly string[]) => unknown) => /^\(\[pem\]\)|pems\[0\]/.test(String(carrier));

describe('certificates are read from', () => {
  // Base64 with + and /, and with each number of padding characters.
  const ders = ['', 'x', 'xx'].map((letters) =>
    oddCertificate({
      subject: name(`carried ${letters}`),
      serialNumber: Buffer.from('0210fbefbefbefbefbefbefbefbefbefbefb', 'hex'),
    }),
  );
  it.each(CARRIERS)('%s', (_name, carry) => {
    const expected = isSingle(carry) ? ders.slice(0, 1) : ders;
    const found = readCertificates(carry(ders.map(pemOf))).map((der) => Buffer.from(der));
    expect(found).toEqual(expected);
  });
});

describe('a private key is refused, alone and behind a certificate, in', () => {
  const certificate = pemOf(oddCertificate({ subject: name('beside a key') }));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keys = (['pkcs8', 'sec1'] as const).map((type) => privateKey.export({ type, format: 'pem' }).toString());
  const refused = expect.objectContaining({ code: 'PRIVATE_KEY_NOT_ALLOWED' });
  it.each(CARRIERS)('%s', (_name, carry) => {
    for (const key of keys)
      for (const spelt of [key, key.replace(/(?:EC )?PRIVATE KEY/g, 'CERTIFICATE')]) {
        expect(() => readCertificates(carry([spelt]))).toThrow(refused);
        if (!isSingle(carry)) expect(() => readCertificates(carry([certificate, spelt]))).toThrow(refused);
      }
  });
});
