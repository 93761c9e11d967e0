import { readFileSync, readdirSync } from 'node:fs';
import { encodeElement, encodeInteger, encodeOid } from '@trustcast/keystore/test/asn1.js';
import {
  extension,
  generalizedTime,
  KEY_NAMES,
  name,
  oddCertificate,
  publicKey,
  sequence,
  utcTime,
} from './odd-certificate.js';

/** Keys that JDKs cannot load, or whose soundness nobody can tell. */
const REFUSED_KEYS = ['ec-explicit', 'ec-sect233r1'];
const dnsNames = Array.from({ length: 4_000 }, (_, index) => encodeElement(0x82, Buffer.from(`h${index}.example`)));
const ca = extension('2.5.29.19', sequence(Buffer.from([1, 1, 0xff])), true);

const fixtures = new URL('../../../test/fixtures/certs/', import.meta.url);
/** Seen in the field; each is named after its oddity. */
const FIELD_CERTIFICATES = readdirSync(fixtures).map((file) => ({
  what: file.replace('.der', ''),
  der: readFileSync(new URL(file, fixtures)),
}));

/** Certificates that look wrong and do no harm in any JDK; nor where another provider comes first, but for what a warning says. */
export const HARMLESS: readonly { readonly what: string; readonly der: Buffer }[] = [
  ...KEY_NAMES.filter((key) => !REFUSED_KEYS.includes(key)).map((key) => ({
    what: `a key of kind ${key}`,
    der: oddCertificate({ publicKey: publicKey(key) }),
  })),
  { what: 'a negative serial number', der: oddCertificate({ serialNumber: Buffer.of(2, 2, 0x80, 1) }) },
  { what: 'a serial number of zero', der: oddCertificate({ serialNumber: encodeInteger(0) }) },
  { what: 'a serial number of 200 bytes', der: oddCertificate({ serialNumber: encodeInteger(Buffer.alloc(200, 9)) }) },
  { what: 'a BMPString', der: oddCertificate({ subject: name(Buffer.from('00dc0062', 'hex'), 0x1e) }) },
  { what: 'a T61String', der: oddCertificate({ subject: name(Buffer.from('dc62', 'hex'), 0x14) }) },
  { what: 'a PrintableString with other characters', der: oddCertificate({ subject: name('a@b*_Ü', 0x13) }) },
  { what: 'a GeneralString', der: oddCertificate({ subject: name('x', 0x1b) }) },
  { what: 'an attribute of no known type', der: oddCertificate({ subject: name('x', 0x0c, '1.2.3.4.5') }) },
  {
    what: 'MD5',
    der: oddCertificate({ signatureAlgorithm: sequence(encodeOid('1.2.840.113549.1.1.4'), Buffer.of(5, 0)) }),
  },
  {
    what: 'an unknown signature algorithm',
    der: oddCertificate({ signatureAlgorithm: sequence(encodeOid('1.2.3.4')) }),
  },
  { what: 'a UTCTime without seconds', der: oddCertificate({ notBefore: utcTime('2401010000Z') }) },
  { what: 'a year of 9999', der: oddCertificate({ notAfter: generalizedTime('99991231235959Z') }) },
  { what: 'a validity that ends before it begins', der: oddCertificate({ notAfter: utcTime('200101000000Z') }) },
  { what: '4,000 names', der: oddCertificate({ extensions: [ca, extension('2.5.29.17', sequence(...dnsNames))] }) },
  {
    what: 'a flag of FALSE that is written out',
    der: oddCertificate({ extensions: [extension('2.5.29.14', encodeElement(4, Buffer.alloc(20)), 'explicit false')] }),
  },
  {
    what: 'an extension that cannot be read and is not critical',
    der: oddCertificate({
      extensions: [ca, extension('2.5.29.36', encodeInteger(0)), extension('2.5.29.37', Buffer.alloc(0))],
    }),
  },
  {
    what: 'an unknown critical extension',
    der: oddCertificate({ extensions: [ca, extension('1.2.3.4', Buffer.from('nothing'), true)] }),
  },
  {
    what: 'an extension whose OID has a part of 128 bits',
    der: oddCertificate({
      extensions: [
        sequence(Buffer.from('061269f4f6ac8de6f2d8c1a0b1e2d3c4a5b6c701', 'hex'), encodeElement(4, Buffer.alloc(0))),
      ],
    }),
  },
  ...[
    '1.2.840.113549.1.1.4',
    '1.2.840.113549.1.1.5',
    '1.2.840.113549.1.1.11',
    '1.2.840.10045.4.1',
    '1.2.840.10045.4.3.2',
    '2.16.840.1.101.3.4.3.2',
    '2.16.840.1.101.3.4.3.10',
    '2.16.840.1.101.3.4.3.18',
    '2.16.840.1.101.3.4.3.20',
  ].map((oid) => ({
    what: `the signature algorithm ${oid} with parameters that it has not`,
    der: oddCertificate({ signatureAlgorithm: sequence(encodeOid(oid), sequence(encodeInteger(7))) }),
  })),
  {
    what: 'RSASSA-PSS with SHAKE128',
    der: oddCertificate({
      signatureAlgorithm: sequence(
        encodeOid('1.2.840.113549.1.1.10'),
        sequence(encodeElement(0xa0, sequence(encodeOid('2.16.840.1.101.3.4.2.11')))),
      ),
    }),
  },
  {
    what: 'a critical distribution point that is named relatively',
    der: oddCertificate({
      extensions: [
        ca,
        extension(
          '2.5.29.31',
          sequence(
            sequence(
              encodeElement(
                0xa0,
                encodeElement(0xa1, sequence(encodeOid('2.5.4.3'), encodeElement(0x0c, Buffer.from('x')))),
              ),
            ),
          ),
          true,
        ),
      ],
    }),
  },
  { what: 'version 1', der: oddCertificate({ version: Buffer.alloc(0), extensions: [] }) },
  {
    what: 'an empty subject with a critical SPIFFE name',
    der: oddCertificate({
      subject: sequence(),
      extensions: [
        extension('2.5.29.17', sequence(encodeElement(0x86, Buffer.from('spiffe://trust.example/a/b'))), true),
      ],
    }),
  },
  {
    what: 'critical name constraints of every kind',
    der: oddCertificate({
      extensions: [
        ca,
        extension(
          '2.5.29.30',
          sequence(
            encodeElement(
              0xa0,
              ...[
                encodeElement(0x82, Buffer.from('.example')),
                encodeElement(0x81, Buffer.from('example')),
                encodeElement(0x86, Buffer.from('.example')),
                encodeElement(0x87, Buffer.alloc(8, 255)),
                encodeElement(0xa4, name('x')),
              ].map((each) => sequence(each)),
            ),
            encodeElement(0xa1, sequence(encodeElement(0x82))),
          ),
          true,
        ),
      ],
    }),
  },
  ...FIELD_CERTIFICATES,
  ...[
    'https://10.0.0.1/x',
    'https://a.example:8443/x?y=1&z=%20#part',
    'http://user@a.example',
    'https://a_b.example/x',
    'urn:uuid:6f1c2b52-5f0e-4d0c-9a8e-0d3c8a1f7b01',
    'mailto:a@b.example',
    'tag:a.example,2026:x',
    'spiffe://a.example/b/c',
    'ldap:///cn=a,o=b?caCertificate?base',
    'https://[::1]/',
    'https://[2001:db8::7]:8443/x',
    'https://1.2.3/',
    'https://a-.example/x',
    'https://-a/',
    'https://a..example/',
    'urn:\u00e4',
    'https://a.example/\u00fc?\u00e4',
  ].map((uri) => ({
    what: `a critical name with the URI ${uri}`,
    der: oddCertificate({
      extensions: [ca, extension('2.5.29.17', sequence(encodeElement(0x86, Buffer.from(uri))), true)],
    }),
  })),
  { what: 'an empty list of extensions in version 3', der: oddCertificate({ extensions: 'empty list' }) },
  { what: 'a TRUE of 01', der: oddCertificate({ extensions: [extension('2.5.29.19', sequence(Buffer.of(1, 1, 1)))] }) },
  {
    what: 'a critical TRUE of 01',
    der: oddCertificate({ extensions: [extension('2.5.29.19', sequence(Buffer.of(1, 1, 1)), true)] }),
  },
  { what: 'a padded serial number', der: oddCertificate({ serialNumber: Buffer.of(2, 3, 0, 0, 7) }) },
  { what: 'a padded negative serial number', der: oddCertificate({ serialNumber: Buffer.of(2, 2, 0xff, 0x80) }) },
  ...['20400101000000.5Z', '20400101000000,123Z', '20400101000000.12+0130', '20400101000000-1200', '204001010000Z'].map(
    (time) => ({ what: `an end of ${time}`, der: oddCertificate({ notAfter: generalizedTime(time) }) }),
  ),
  ...['400101000000+0300', '400101000000-0100'].map((time) => ({
    what: `an end of ${time} in UTCTime`,
    der: oddCertificate({ notAfter: utcTime(time) }),
  })),
];
