import { encodeOid } from '@trustcast/keystore/test/asn1.js';
import type { JavaSafeRule } from '../../src/index.js';
import { extension, generalizedTime, keyInfo, name, oddCertificate, sequence, utcTime } from './odd-certificate.js';

const named = (hex: string, tag: number) => oddCertificate({ subject: name(Buffer.from(hex, 'hex'), tag) });
const postQuantum = (arc: number, bytes: number) =>
  oddCertificate({ publicKey: keyInfo(sequence(encodeOid(`2.16.840.1.101.3.4.3.${arc}`)), Buffer.alloc(bytes, 1)) });

/** Certificates that every JDK loads, and that break the truststore where another provider comes first. */
export const UNREADABLE_ELSEWHERE: readonly {
  readonly what: string;
  readonly der: Buffer;
  readonly rule?: JavaSafeRule;
}[] = [
  { what: 'UTF-8 that is none', der: named('ff', 0x0c) },
  { what: 'UTF-8 with a surrogate', der: named('eda080', 0x0c) },
  ...['efbfbe', 'efbfbf', 'efb790', 'f09fbfbf', 'f48fbfbf'].map((hex) => ({
    what: `UTF-8 with the noncharacter ${Buffer.from(hex, 'hex').toString().codePointAt(0)?.toString(16)}`,
    der: named(hex, 0x0c),
  })),
  { what: 'a BMPString with a noncharacter', der: named('ffff', 0x1e) },
  { what: 'a UniversalString that is cut off', der: named('0000', 0x1c) },
  { what: 'a UniversalString beyond Unicode', der: named('00110000', 0x1c) },
  { what: 'a name that is a padded number', der: named('0007', 0x02) },
  { what: 'a name that is a sequence cut off', der: named('02', 0x30) },
  { what: 'a name that is NULL with content', der: named('00', 0x05) },
  { what: 'a name that is a malformed time', der: named('31', 0x17) },
  { what: 'a name that is a malformed bit string', der: named('09', 0x03) },
  { what: 'a name with a context tag', der: named('ff', 0xa0) },
  { what: 'the 31st of February', der: oddCertificate({ notBefore: utcTime('240231000000Z') }) },
  { what: 'the 29th of February 2100', der: oddCertificate({ notAfter: generalizedTime('21000229000000Z') }) },
  { what: 'an offset of a whole day', der: oddCertificate({ notAfter: generalizedTime('20400101000000-2359') }) },
  {
    what: 'basic constraints that cannot be read and are not critical',
    der: oddCertificate({ extensions: [extension('2.5.29.19', sequence(Buffer.of(1, 2, 0xff, 0xff)))] }),
  },
  {
    what: 'key usages that cannot be read and are not critical',
    der: oddCertificate({ extensions: [extension('2.5.29.15', Buffer.of(3, 2, 9, 6))] }),
  },
  { what: 'an ML-DSA key', der: postQuantum(18, 1952) },
  { what: 'an SLH-DSA key', der: postQuantum(20, 32), rule: 'PUBLIC_KEY_ALGORITHM' },
];
