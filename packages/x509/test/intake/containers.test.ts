import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { encodeAlgorithm, encodeElement, encodeInteger, encodeOid } from '@trustcast/keystore/test/asn1.js';
import { pemOf, readCertificateItems, readCertificates } from '../../src/index.js';
import { name, oddCertificate } from '../gate/odd-certificate.js';

const sequence = (...parts: readonly Uint8Array[]) => encodeElement(0x30, ...parts);
const named = (cn: string) => oddCertificate({ subject: name(cn) });
const [signer, meant] = [named('the signer'), named('the one that is meant')];
const DATA = encodeOid('1.2.840.113549.1.7.1');

/** A SignedData of PKCS#7. `signers`: what stands in the list of signers, which nobody looks into. */
function signedData(message: Uint8Array | null, { signers = sequence(encodeInteger(1)) } = {}): Buffer {
  const content = message === null ? [] : [encodeElement(0xa0, encodeElement(0x04, message))];
  const signed = sequence(
    encodeInteger(1),
    encodeElement(0x31),
    sequence(DATA, ...content),
    encodeElement(0xa0, signer),
    encodeElement(0x31, signers),
  );
  return sequence(encodeOid('1.2.840.113549.1.7.2'), encodeElement(0xa0, signed));
}

const forms: readonly [string, (file: Buffer) => string | Uint8Array][] = [
  ['uploaded', (file) => file],
  ['in base64', (file) => file.toString('base64')],
  ['in a PKCS7 block', (file) => `-----BEGIN PKCS7-----\n${file.toString('base64')}\n-----END PKCS7-----\n`],
  ['in a CERTIFICATE block', (file) => pemOf(file)],
  ['in a Secret', (file) => `data:\n  file: ${file.toString('base64')}\n  other: aGVsbG8gd29ybGQ=\n`],
];

describe.each(forms)('a signed message, %s', (_how, form) => {
  const profile = `<plist><dict><key>PayloadContent</key><data>${meant.toString('base64')}</data></dict></plist>`;
  it.each([
    ['a profile for telephones', Buffer.from(profile)],
    ['PEM', Buffer.from(pemOf(meant))],
    ['a list in DER', sequence(encodeInteger(0), encodeElement(0x31, meant))],
  ])('gives the certificate in it, which is %s, and not that of its signer', (_what, message) => {
    expect(readCertificates(form(signedData(message))).map((der) => Buffer.from(der))).toEqual([meant]);
  });

  it('without a certificate in it is not taken for its signer, and the way out is named', () => {
    const outcome = () => readCertificateItems(form(signedData(Buffer.from('hello'))));
    expect(outcome).toThrow(expect.objectContaining({ code: 'FORMAT_UNSUPPORTED' }));
    expect(outcome).toThrow(/signer's.*openssl pkcs7 -print_certs/);
  });

  it('is refused where a private key is what is signed', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    for (const format of ['pem', 'der'] as const)
      expect(() =>
        readCertificates(form(signedData(Buffer.from(privateKey.export({ type: 'pkcs8', format } as never))))),
      ).toThrow(expect.objectContaining({ code: 'PRIVATE_KEY_NOT_ALLOWED' }));
  });
});

describe('a PKCS#7 file of certificates alone', () => {
  it.each([
    ['without content', signedData(null, { signers: Buffer.alloc(0) })],
    ['with an empty content', signedData(Buffer.alloc(0), { signers: Buffer.alloc(0) })],
    ['with a signature over something else', signedData(null)],
  ])('%s gives them', (_what, file) => {
    expect(readCertificates(file).map((der) => Buffer.from(der))).toEqual([signer]);
  });
});

/** PKCS#12 without a MAC, whose bags are not encrypted; a key is, by PBES2. */
function pkcs12(...bags: readonly Uint8Array[]): Buffer {
  const contents = sequence(sequence(DATA, encodeElement(0xa0, encodeElement(0x04, sequence(...bags)))));
  return sequence(encodeInteger(3), sequence(DATA, encodeElement(0xa0, encodeElement(0x04, contents))));
}

const bag = (arc: number, content: Uint8Array) =>
  sequence(encodeOid(`1.2.840.113549.1.12.10.1.${arc}`), encodeElement(0xa0, content));
const certificateBag = (der: Uint8Array) =>
  bag(3, sequence(encodeOid('1.2.840.113549.1.9.22.1'), encodeElement(0xa0, encodeElement(0x04, der))));
const keyBag = bag(
  2,
  sequence(encodeAlgorithm('1.2.840.113549.1.5.13', sequence()), encodeElement(0x04, Buffer.alloc(160, 0x5a))),
);

describe.each(forms.filter(([how]) => how !== 'in a PKCS7 block'))('a keystore, %s', (_how, form) => {
  it.each(['', 'x', 'xx'])(
    'gives its certificate and leaves its encrypted key alone, wherever that stands %p',
    (cn) => {
      const der = named(`beside ${cn}`);
      const found = readCertificates(form(pkcs12(certificateBag(der), keyBag)));
      expect(found.map((each) => Buffer.from(each))).toEqual([der]);
    },
  );
});

it.each([
  ['a keystore that is empty', pkcs12(), /this PKCS12 keystore is empty/],
  ['a keystore of one key', pkcs12(keyBag), /this PKCS12 keystore holds one key and no certificate/],
  ['a keystore of two keys', pkcs12(keyBag, keyBag), /this PKCS12 keystore holds 2 keys and no certificate/],
  ['an empty JKS', Buffer.from(`feedfeed0000000200000000${'00'.repeat(20)}`, 'hex'), /this JKS keystore is empty/],
])('%s says so, as a file and in base64', (_what, file, words) => {
  for (const input of [file, file.toString('base64'), `data:\n  a.p12: ${file.toString('base64')}\n`]) {
    expect(() => readCertificates(input)).toThrow(expect.objectContaining({ code: 'NO_CERTIFICATE' }));
    expect(() => readCertificates(input)).toThrow(words);
  }
});

it('base64 of a gzip file is named, and what to do with it', () => {
  const release = Buffer.from('H4sIAAAAAAAAA+3OMQ0AAAgDsL1XMfjgQwcyYHwMAAAAAAAAAAAAAAAAAAAA').toString('base64');
  expect(() => readCertificates(`data:\n  release: ${release}\n`)).toThrow(/gzip file in base64.*gunzip/);
});

it('a certificate that is cut off in a list of lines hides none of those behind it', () => {
  const cut = meant.toString('base64').slice(0, 128);
  const items = readCertificateItems(
    JSON.stringify([cut, signer.toString('base64'), Buffer.from(pemOf(meant)).toString('base64')]),
  );
  expect(items.map(({ der, error }) => (der ? Buffer.from(der) : error.code))).toEqual([
    'MALFORMED_CERTIFICATE',
    signer,
    meant,
  ]);
});
