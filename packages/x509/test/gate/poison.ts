import { encodeAlgorithm, encodeElement, encodeInteger, encodeOid } from '@trustcast/keystore/test/asn1.js';
import type { JavaSafeRule } from '../../src/index.js';
import {
  bits,
  extension,
  generalizedTime,
  keyInfo,
  name,
  oddCertificate,
  publicKey,
  rsaKey,
  sequence,
  utcTime,
  version,
} from './odd-certificate.js';

/** A certificate that breaks every truststore that holds it. */
export interface Poison {
  readonly what: string;
  readonly rule: JavaSafeRule;
  readonly der: Buffer;
  /** Oldest JDK known to fail, where older ones load it. */
  readonly fromJdk?: number;
}

const BASIC_CONSTRAINTS = extension('2.5.29.19', sequence(Buffer.from([1, 1, 0xff])), true);
const modulus = (bitCount: number) => Buffer.alloc(bitCount / 8, 0xc1);
const SHA256 = encodeAlgorithm('2.16.840.1.101.3.4.2.1');
const critical = (oid: string, value: Uint8Array) => oddCertificate({ extensions: [extension(oid, value, true)] });
const uri = (text: string) => encodeElement(0x86, Buffer.from(text));
const noSubject = (names: Buffer | undefined, isCritical = true) =>
  oddCertificate({
    subject: sequence(),
    extensions: [BASIC_CONSTRAINTS, ...(names ? [extension('2.5.29.17', sequence(names), isCritical)] : [])],
  });
const swapTag = (der: Buffer, from: string, to: string) => {
  const hex = der.toString('hex');
  if (hex.split(from).length !== 2) throw new Error(`${from} is not there once`);
  return Buffer.from(hex.replace(from, to), 'hex');
};
const compressed = Buffer.concat([publicKey('ec-P-256').subarray(26, 27), Buffer.alloc(32, 5)]).fill(2, 0, 1);
const EC_P256 = sequence(encodeOid('1.2.840.10045.2.1'), encodeOid('1.2.840.10045.3.1.7'));

/** One of each class, by hand. */
export const POISON: readonly Poison[] = [
  { what: 'explicit EC parameters', rule: 'PUBLIC_KEY', der: oddCertificate({ publicKey: publicKey('ec-explicit') }) },
  {
    what: 'an EC key without parameters',
    rule: 'PUBLIC_KEY',
    der: oddCertificate({ publicKey: keyInfo(sequence(encodeOid('1.2.840.10045.2.1')), Buffer.alloc(65, 4)) }),
  },
  {
    what: 'an unknown curve',
    rule: 'PUBLIC_KEY',
    der: oddCertificate({
      publicKey: keyInfo(sequence(encodeOid('1.2.840.10045.2.1'), encodeOid('1.3.132.0.99')), Buffer.alloc(65, 4)),
    }),
  },
  {
    what: 'a compressed EC point',
    rule: 'PUBLIC_KEY',
    der: oddCertificate({ publicKey: keyInfo(EC_P256, compressed) }),
  },
  {
    what: 'an EC point of another curve',
    rule: 'PUBLIC_KEY',
    der: oddCertificate({ publicKey: keyInfo(EC_P256, Buffer.alloc(97, 4)) }),
  },
  { what: 'an empty issuer', rule: 'EMPTY_ISSUER', der: oddCertificate({ issuer: sequence() }) },
  { what: 'a UTCTime in words', rule: 'VALIDITY', der: oddCertificate({ notAfter: utcTime('in ten years') }) },
  { what: 'a UTCTime of month 13', rule: 'VALIDITY', der: oddCertificate({ notAfter: utcTime('341301000000Z') }) },
  { what: 'a UTCTime at 24 hours', rule: 'VALIDITY', der: oddCertificate({ notAfter: utcTime('340101240000Z') }) },
  {
    what: 'a GeneralizedTime without a zone',
    rule: 'VALIDITY',
    der: oddCertificate({ notAfter: generalizedTime('20550101000000') }),
  },
  {
    what: 'inner and outer signature algorithms that differ',
    rule: 'SIGNATURE_ALGORITHM_MISMATCH',
    der: oddCertificate({ outerSignatureAlgorithm: encodeAlgorithm('1.2.840.113549.1.1.11') }),
  },
  { what: 'version 8 with extensions', rule: 'VERSION', der: oddCertificate({ version: version(7) }) },
  { what: 'version 1 with extensions', rule: 'VERSION', der: oddCertificate({ version: Buffer.alloc(0) }) },
  { what: 'version 2 with extensions', rule: 'VERSION', der: oddCertificate({ version: version(1) }) },
  {
    what: 'version 1 with an empty list of extensions',
    rule: 'EXTENSION',
    der: oddCertificate({ version: Buffer.alloc(0), extensions: 'empty list' }),
  },
  {
    what: 'unique identifiers in version 1',
    rule: 'UNIQUE_ID',
    der: oddCertificate({ version: Buffer.alloc(0), extensions: [], uniqueIds: Buffer.from([0x81, 2, 0, 0xaa]) }),
  },
  {
    what: 'an RSA key that is no RSA key',
    rule: 'DER',
    der: oddCertificate({ publicKey: keyInfo(encodeAlgorithm('1.2.840.113549.1.1.1'), Buffer.alloc(64, 7)) }),
  },
  {
    what: 'an RSA key with three numbers',
    rule: 'DER',
    der: oddCertificate({
      publicKey: keyInfo(
        encodeAlgorithm('1.2.840.113549.1.1.1'),
        sequence(encodeInteger(modulus(2048)), encodeInteger(65_537), encodeInteger(1)),
      ),
    }),
  },
  { what: 'an RSA exponent of 1', rule: 'PUBLIC_KEY', der: oddCertificate({ publicKey: rsaKey(modulus(2048), 1) }) },
  {
    what: 'an RSA modulus of 504 bits',
    rule: 'PUBLIC_KEY',
    der: oddCertificate({ publicKey: rsaKey(modulus(504), 3) }),
  },
  {
    what: 'an RSA modulus of 16,392 bits',
    rule: 'PUBLIC_KEY',
    der: oddCertificate({ publicKey: rsaKey(modulus(16_392), 65_537) }),
  },
  {
    what: 'a long RSA exponent with a long modulus',
    rule: 'PUBLIC_KEY',
    der: oddCertificate({ publicKey: rsaKey(modulus(4096), Buffer.alloc(9, 0xff)) }),
  },
  {
    what: 'an RSA exponent above the modulus',
    rule: 'PUBLIC_KEY',
    der: oddCertificate({ publicKey: rsaKey(modulus(1024), Buffer.alloc(128, 0xff)) }),
  },
  {
    what: 'RSASSA-PSS with parameters that are none',
    rule: 'DER',
    der: oddCertificate({
      signatureAlgorithm: encodeAlgorithm('1.2.840.113549.1.1.10', sequence(encodeElement(0xa4, encodeInteger(1)))),
    }),
  },
  {
    what: 'RSASSA-PSS with another mask generation',
    rule: 'SIGNATURE_ALGORITHM',
    der: oddCertificate({
      signatureAlgorithm: encodeAlgorithm('1.2.840.113549.1.1.10', sequence(encodeElement(0xa1, SHA256))),
    }),
  },
  {
    what: 'RSASSA-PSS with a trailer of 2',
    rule: 'SIGNATURE_ALGORITHM',
    der: oddCertificate({
      signatureAlgorithm: encodeAlgorithm('1.2.840.113549.1.1.10', sequence(encodeElement(0xa3, encodeInteger(2)))),
    }),
  },
  {
    what: 'an Ed25519 key of 31 bytes',
    rule: 'PUBLIC_KEY',
    fromJdk: 17,
    der: oddCertificate({ publicKey: keyInfo(sequence(encodeOid('1.3.101.112')), Buffer.alloc(31, 1)) }),
  },
  {
    what: 'an X25519 key of 33 bytes',
    rule: 'PUBLIC_KEY',
    der: oddCertificate({ publicKey: keyInfo(sequence(encodeOid('1.3.101.110')), Buffer.alloc(33, 1)) }),
  },
  {
    what: 'DSA parameters that are two numbers',
    rule: 'PUBLIC_KEY',
    der: oddCertificate({
      publicKey: keyInfo(
        encodeAlgorithm('1.2.840.10040.4.1', sequence(encodeInteger(7), encodeInteger(5))),
        encodeInteger(3),
      ),
    }),
  },
  {
    what: 'a Diffie-Hellman key without parameters',
    rule: 'PUBLIC_KEY',
    fromJdk: 17,
    der: oddCertificate({ publicKey: keyInfo(encodeAlgorithm('1.2.840.113549.1.3.1'), encodeInteger(3)) }),
  },
  {
    what: 'bytes behind the public key',
    rule: 'DER',
    der: oddCertificate({ publicKey: sequence(EC_P256, bits(Buffer.alloc(65, 4)), encodeInteger(1)) }),
  },
  {
    what: 'an ML-DSA key with parameters',
    rule: 'PUBLIC_KEY',
    fromJdk: 24,
    der: oddCertificate({
      publicKey: keyInfo(encodeAlgorithm('2.16.840.1.101.3.4.3.18', encodeInteger(1)), Buffer.alloc(1952, 1)),
    }),
  },
  { what: 'an empty subject without names', rule: 'EMPTY_SUBJECT', der: noSubject(undefined) },
  {
    what: 'an empty subject with names that are not critical',
    rule: 'EMPTY_SUBJECT',
    der: noSubject(encodeElement(0x82, Buffer.from('a.example')), false),
  },
  { what: 'an empty subject with an empty list of names', rule: 'EXTENSION', der: noSubject(Buffer.alloc(0)) },
  { what: 'an empty subject with a URI that is none', rule: 'EXTENSION', der: noSubject(uri('http://[')) },
  {
    what: 'a BMPString with surrogates in the subject',
    rule: 'NAME',
    fromJdk: 25,
    der: oddCertificate({ subject: name(Buffer.from('d83dde00', 'hex'), 0x1e) }),
  },
  {
    what: 'a subject whose part is no set',
    rule: 'DER',
    der: oddCertificate({ subject: sequence(sequence(encodeOid('2.5.4.3'), encodeElement(0x0c))) }),
  },
  {
    what: 'the same extension twice',
    rule: 'DUPLICATE_EXTENSION',
    der: oddCertificate({ extensions: [BASIC_CONSTRAINTS, BASIC_CONSTRAINTS] }),
  },
  {
    what: 'an unknown extension twice',
    rule: 'DUPLICATE_EXTENSION',
    der: oddCertificate({ extensions: [extension('1.2.3.4', Buffer.of(5, 0)), extension('1.2.3.4', Buffer.of(5, 0))] }),
  },
  {
    what: 'critical policy constraints that are constructed',
    rule: 'DER',
    der: critical('2.5.29.36', sequence(encodeElement(0xa0, encodeInteger(0)))),
  },
  { what: 'critical policy constraints that are a number', rule: 'DER', der: critical('2.5.29.36', encodeInteger(0)) },
  { what: 'critical key usage that is a number', rule: 'DER', der: critical('2.5.29.15', encodeInteger(6)) },
  { what: 'critical key usage that is empty', rule: 'DER', der: critical('2.5.29.15', Buffer.alloc(0)) },
  { what: 'critical basic constraints that are a number', rule: 'DER', der: critical('2.5.29.19', encodeInteger(1)) },
  {
    what: 'a critical path length beyond an int',
    rule: 'EXTENSION',
    der: critical('2.5.29.19', sequence(Buffer.from([1, 1, 0xff]), encodeInteger(Buffer.alloc(5, 0x7f)))),
  },
  {
    what: 'critical extended key usage without OIDs',
    rule: 'DER',
    der: critical('2.5.29.37', sequence(encodeInteger(1))),
  },
  {
    what: 'critical name constraints on a URI with its scheme',
    rule: 'EXTENSION',
    der: critical('2.5.29.30', sequence(encodeElement(0xa0, sequence(uri('https://a.example'))))),
  },
  {
    what: 'critical name constraints on an address without its mask',
    rule: 'EXTENSION',
    der: critical('2.5.29.30', sequence(encodeElement(0xa0, sequence(encodeElement(0x87, Buffer.alloc(5)))))),
  },
  {
    what: 'critical policies with an empty list of qualifiers',
    rule: 'EXTENSION',
    der: critical('2.5.29.32', sequence(sequence(encodeOid('2.5.29.32.0'), sequence()))),
  },
  {
    what: 'critical subject key identifier that is a sequence',
    rule: 'DER',
    der: critical('2.5.29.14', sequence()),
  },
  {
    what: 'critical authority key identifier with a constructed identifier',
    rule: 'DER',
    der: critical('2.5.29.35', sequence(encodeElement(0xa0, encodeElement(0x04, Buffer.alloc(20))))),
  },
  {
    what: 'a critical distribution point without a name',
    rule: 'EXTENSION',
    der: critical('2.5.29.31', sequence(sequence(encodeElement(0x81, Buffer.of(0, 0x80))))),
  },
  {
    what: 'an extension that is no sequence',
    rule: 'DER',
    der: oddCertificate({ extensions: [encodeInteger(5)] }),
  },
  {
    what: 'an extension whose value is no octet string',
    rule: 'DER',
    der: oddCertificate({ extensions: [sequence(encodeOid('1.2.3.4'), encodeInteger(5))] }),
  },
  {
    what: 'a serial number that is no integer',
    rule: 'DER',
    der: oddCertificate({ serialNumber: encodeElement(0x04, Buffer.of(1)) }),
  },
  { what: 'an empty serial number', rule: 'DER', der: oddCertificate({ serialNumber: Buffer.of(2, 0) }) },
  {
    what: 'a signature that is no bit string',
    rule: 'DER',
    der: oddCertificate({ signature: encodeElement(0x04, Buffer.of(0, 1)) }),
  },
  {
    what: 'a signature that is empty',
    rule: 'DER',
    der: oddCertificate({ signature: Buffer.of(3, 0) }),
  },
  {
    what: 'a fourth element in the certificate',
    rule: 'DER',
    der: sequence(...[oddCertificate().subarray(4), encodeInteger(1)]),
  },
  {
    what: 'a padded object identifier',
    rule: 'DER',
    der: swapTag(
      oddCertificate({ extensions: [extension('1.2.131.4', Buffer.of(5, 0))] }),
      '06042a810304',
      '06042a800304',
    ),
  },
];
