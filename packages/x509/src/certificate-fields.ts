import { createHash } from 'node:crypto';
import { Asn1Reader } from '@trustcast/keystore';
import { readAlgorithm } from './algorithm-identifier.js';
import { type CertificateParts, type ExtensionPart, certificateParts, isPadded } from './certificate-parts.js';
import {
  type BasicConstraints,
  EXTENSION_OID,
  demandReadable,
  readBasicConstraints,
  readExtendedKeyUsages,
} from './extension-rules.js';
import { formatName } from './format-name.js';
import { type SubjectAlternativeName, describeGeneralName } from './general-name.js';
import { type KeyUsage, extendedKeyUsageName, readKeyUsages } from './key-usage.js';
import { describePublicKey } from './public-key-rules.js';
import { signatureAlgorithmName } from './signature-algorithm.js';

/** What a certificate says. */
export interface CertificateFields {
  /** RFC 4514, in the order of the certificate. Empty for an empty name. */
  readonly subject: string;
  readonly issuer: string;
  /** Lower-case hex of the number's magnitude, without leading zeros; `-` in front of a negative one. */
  readonly serialNumber: string;
  /** Whether the number is longer than DER has it. The JDK reads it; BouncyCastle, BC-FIPS and Conscrypt refuse any file with it. */
  readonly serialNumberPadded: boolean;
  /** Whether a time of its validity has an offset, a fraction or no seconds. The JDK reads it; Conscrypt refuses any file with it. */
  readonly validityUnusual: boolean;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** The first {@link MAX_NAMES}; `subjectAlternativeNameCount` tells of more. */
  readonly subjectAlternativeNames: readonly SubjectAlternativeName[];
  readonly subjectAlternativeNameCount: number;
  /** `RSA`, `EC`, `Ed25519`, … */
  readonly keyAlgorithm: string;
  /** Bits; null where the algorithm or curve says it. */
  readonly keySize: number | null;
  readonly curve: string | null;
  /** As Java calls it, such as `SHA256withRSA`. */
  readonly signatureAlgorithm: string;
  /** Null: no such extension, so no restriction. */
  readonly keyUsages: readonly KeyUsage[] | null;
  /** By name where it has one, else its OID. Null: no such extension. */
  readonly extendedKeyUsages: readonly string[] | null;
  readonly basicConstraints: BasicConstraints | null;
  /** Lower-case hex. */
  readonly fingerprintSha1: string;
  readonly fingerprintSha256: string;
  /** Subject and issuer are the same; the signature is not checked. */
  readonly selfSigned: boolean;
  /** Whether Java lets it sign others: basic constraints say so, or it is a self-signed certificate of version 1. */
  readonly ca: boolean;
}

/** Names listed of one certificate: some have thousands. */
export const MAX_NAMES = 1_000;

/**
 * All parsed fields of a certificate that has passed {@link assertJavaSafe}.
 *
 * @throws NotJavaSafeError, Asn1Error for one that has not, and cannot be read
 */
export function certificateFields(der: Uint8Array): CertificateFields {
  const parts = certificateParts(der);
  const key = describePublicKey(parts.publicKeyInfo);
  const names = subjectAlternativeNames(parts);
  const basicConstraints = extension(parts, EXTENSION_OID.basicConstraints, readBasicConstraints);
  const selfSigned = parts.subject.equals(parts.issuer);
  const subject = formatName(parts.subject);
  return {
    subject,
    issuer: selfSigned ? subject : formatName(parts.issuer),
    serialNumber: serialText(parts.serialNumber),
    serialNumberPadded: isPadded(parts.serialNumber),
    validityUnusual: parts.times.some(({ isPlain }) => !isPlain),
    notBefore: parts.times[0].date,
    notAfter: parts.times[1].date,
    ...names,
    keyAlgorithm: key.algorithm,
    keySize: key.size,
    curve: key.curve,
    signatureAlgorithm: signatureAlgorithmName(readAlgorithm(parts.signatureAlgorithm, 'SIGNATURE_ALGORITHM').oid),
    keyUsages: extension(parts, EXTENSION_OID.keyUsage, readKeyUsages),
    extendedKeyUsages: extension(parts, EXTENSION_OID.extendedKeyUsage, (reader) =>
      readExtendedKeyUsages(reader).map(extendedKeyUsageName),
    ),
    basicConstraints,
    fingerprintSha1: createHash('sha1').update(der).digest('hex'),
    fingerprintSha256: createHash('sha256').update(der).digest('hex'),
    selfSigned,
    ca: basicConstraints?.ca ?? (parts.version === 1 && selfSigned),
  };
}

/** The value of an extension; null where there is none, or one that is not critical and cannot be read. */
function extension<T>({ extensions }: CertificateParts, oid: string, read: (reader: Asn1Reader) => T): T | null {
  const found = extensions.find((each) => each.oid === oid);
  if (!found) return null;
  try {
    return read(new Asn1Reader(found.value, 'DER'));
  } catch (error) {
    if (found.critical) throw error;
    return null;
  }
}

function subjectAlternativeNames(
  parts: CertificateParts,
): Pick<CertificateFields, 'subjectAlternativeNames' | 'subjectAlternativeNameCount'> {
  const names =
    extension(parts, EXTENSION_OID.subjectAlternativeName, (reader) => [...reader.enter(0x30).rest()]) ?? [];
  const found = parts.extensions.find(({ oid }) => oid === EXTENSION_OID.subjectAlternativeName);
  const ignoredByJava = found !== undefined && !isReadable(found);
  return {
    subjectAlternativeNames: names.slice(0, MAX_NAMES).map((name) => ({ ...describeGeneralName(name), ignoredByJava })),
    subjectAlternativeNameCount: names.length,
  };
}

function isReadable(extension: ExtensionPart): boolean {
  try {
    demandReadable(extension);
    return true;
  } catch {
    return false;
  }
}

function serialText(content: Buffer): string {
  const value = BigInt.asIntN(content.length * 8, BigInt(`0x${content.toString('hex')}`));
  return value.toString(16);
}
