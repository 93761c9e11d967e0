import { Asn1Error, Asn1Reader } from '@trustcast/keystore';
import { IntakeError } from '../errors.js';

const SIGNED_DATA = '1.2.840.113549.1.7.2';

/** Whether bytes begin like a ContentInfo of PKCS#7 or CMS. */
export function isPkcs7(bytes: Uint8Array): boolean {
  try {
    const reader = new Asn1Reader(bytes, 'BER');
    return reader.nextTag === 0x30 && reader.enter(0x30).nextTag === 0x06;
  } catch (error) {
    if (error instanceof Asn1Error) return false;
    throw error;
  }
}

/** What a SignedData holds. */
export interface SignedData {
  readonly certificates: readonly Buffer[];
  /** What is signed, which is something else than the certificates of those who signed it; null in a file of certificates alone. */
  readonly message: Buffer | null;
}

/**
 * Reads a PKCS#7 or CMS SignedData (RFC 5652 section 5), BER or DER. Signatures are not looked at.
 *
 * @throws IntakeError
 */
export function readSignedData(bytes: Uint8Array): SignedData {
  try {
    const file = new Asn1Reader(bytes, 'BER');
    // Editors and transports leave a line end behind the file; Java does not look there either.
    const info = file.enter(0x30);
    if (info.oid() !== SIGNED_DATA)
      throw new IntakeError(
        'FORMAT_UNSUPPORTED',
        'this PKCS#7 file holds something else than signed data: give its certificates as PEM',
      );
    const signed = info.enter(0xa0).enter(0x30);
    signed.count();
    signed.next(0x31);
    const content = contentOf(signed.enter(0x30));
    const certificates = signed.optional(0xa0);
    signed.optional(0xa1);
    const isSigned = signed.nextTag === 0x31 && signed.next().content.length > 0;
    return {
      // Attribute certificates and the extended certificates of PKCS#6 carry context tags.
      certificates: certificates
        ? [...signed.inside(certificates).rest()].filter(({ tag }) => tag === 0x30).map(({ whole }) => whole)
        : [],
      message: isSigned && content.length > 0 ? content : null,
    };
  } catch (cause) {
    if (cause instanceof Asn1Error)
      throw new IntakeError(
        'MALFORMED_CERTIFICATE',
        'this PKCS#7 file is malformed: copy it again as a binary file, or give its certificates as PEM',
        { cause },
      );
    throw cause;
  }
}

/** The content of a ContentInfo; empty where there is none. */
function contentOf(info: Asn1Reader): Buffer {
  info.oid();
  if (info.done) return Buffer.alloc(0);
  const wrapped = info.enter(0xa0);
  if (wrapped.nextTag === 0x04 || wrapped.nextTag === 0x24) return wrapped.octets();
  return wrapped.done ? Buffer.alloc(0) : wrapped.next().whole;
}
