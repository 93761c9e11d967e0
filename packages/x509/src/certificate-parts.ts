import { type Asn1Element, Asn1Reader } from '@trustcast/keystore';
import { demand } from './demand.js';
import { type ValidityTime, readTime } from './validity-time.js';

/** An extension as it stands in a certificate; `value` is what its OCTET STRING holds. */
export interface ExtensionPart {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Buffer;
}

/** The parts of a certificate, read strictly and not validated further. */
export interface CertificateParts {
  /** 1, 2 or 3. */
  readonly version: number;
  readonly serialNumber: Buffer;
  readonly signatureAlgorithm: Buffer;
  readonly outerSignatureAlgorithm: Buffer;
  readonly issuer: Buffer;
  /** Begin and end of the validity. */
  readonly times: readonly [ValidityTime, ValidityTime];
  readonly subject: Buffer;
  readonly publicKeyInfo: Buffer;
  readonly uniqueIds: readonly Buffer[];
  readonly extensions: readonly ExtensionPart[];
}

/** Takes a certificate apart by RFC 5280 section 4.1, DER only. @throws NotJavaSafeError, Asn1Error */
export function certificateParts(der: Uint8Array): CertificateParts {
  const file = new Asn1Reader(der, 'DER');
  const certificate = file.enter(0x30);
  file.end();
  const tbs = certificate.enter(0x30);
  const outerSignatureAlgorithm = certificate.next(0x30).whole;
  bitString(certificate.next(0x03));
  certificate.end();

  const version = tbs.nextTag === 0xa0 ? versionOf(tbs.enter(0xa0)) : 1;
  // The JDK reads a padded serial number; other providers do not, which is a warning of its own.
  const serialNumber = tbs.next(0x02).content;
  demand(serialNumber.length > 0, 'DER', 'the serial number is empty');
  const signatureAlgorithm = tbs.next(0x30).whole;
  const issuer = tbs.next(0x30).whole;
  const validity = tbs.enter(0x30);
  const times: [ValidityTime, ValidityTime] = [readTime(validity.next()), readTime(validity.next())];
  validity.end();
  const subject = tbs.next(0x30).whole;
  const publicKeyInfo = tbs.next(0x30).whole;
  const uniqueIds = [0x81, 0x82].flatMap((tag) => tbs.optional(tag) ?? []).map((id) => (bitString(id), id.content));
  const extensions = tbs.nextTag === 0xa3 ? extensionsOf(tbs.enter(0xa3), version) : [];
  tbs.end();
  return {
    version,
    serialNumber,
    signatureAlgorithm,
    outerSignatureAlgorithm,
    issuer,
    times,
    subject,
    publicKeyInfo,
    uniqueIds,
    extensions,
  };
}

/** Content of an INTEGER, which DER wants as short as it can be. */
export function integer({ content }: Asn1Element): Buffer {
  demand(content.length > 0 && !isPadded(content), 'DER', 'an integer is empty or padded');
  return content;
}

/** Whether an INTEGER's content is longer than it need be (X.690 section 8.3.2). */
export function isPadded(content: Buffer): boolean {
  const [first = 0, second = 0] = content;
  return content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
}

/** A BOOLEAN that is FALSE where it is left out. DER wants FF for TRUE; every parser takes any byte but 00, as BER does. */
export function optionalBoolean(reader: Asn1Reader): boolean {
  const content = reader.optional(0x01)?.content;
  demand(content === undefined || content.length === 1, 'DER', 'a boolean is malformed');
  return content !== undefined && content[0] !== 0;
}

/** Bytes of a BIT STRING and how many of its last bits are unused. */
export function bitString({ content }: Asn1Element): { bytes: Buffer; unused: number } {
  const unused = content[0] ?? 8;
  const last = content[content.length - 1] ?? 0;
  demand(unused === 0 || (unused < 8 && content.length > 1), 'DER', 'a bit string is malformed');
  demand(unused === 0 || (last & ((1 << unused) - 1)) === 0, 'DER', 'a bit string has set bits behind its end');
  return { bytes: content.subarray(1), unused };
}

function versionOf(reader: Asn1Reader): number {
  const content = integer(reader.next(0x02));
  reader.end();
  demand(content.length === 1 && (content[0] ?? 9) <= 2, 'VERSION', 'the version is neither 1, 2 nor 3');
  return (content[0] ?? 0) + 1;
}

function extensionsOf(reader: Asn1Reader, version: number): ExtensionPart[] {
  const list = reader.enter(0x30);
  reader.end();
  // RFC 5280 wants one at least; Java refuses an empty list in version 1 alone.
  demand(list.nextTag !== undefined || version === 3, 'EXTENSION', 'the list of extensions is empty');
  const extensions: ExtensionPart[] = [];
  while (!list.done) {
    const extension = list.enter(0x30);
    const oid = extension.oid();
    const critical = optionalBoolean(extension);
    const value = extension.octets();
    extension.end();
    extensions.push({ oid, critical, value });
  }
  return extensions;
}
