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

/**
 * The certificates of a PKCS#7 or CMS SignedData (RFC 5652 section 5), BER or DER. Signatures are not looked at.
 *
 * @throws IntakeError
 */
export function pkcs7Certificates(bytes: Uint8Array): Buffer[] {
  try {
    const file = new Asn1Reader(bytes, 'BER');
    // Editors and transports leave a line end behind the file; Java does not look there either.
    const info = file.enter(0x30);
    if (info.oid() !== SIGNED_DATA)
      throw new IntakeError('FORMAT_UNSUPPORTED', 'this PKCS#7 file holds something else than signed data');
    const signed = info.enter(0xa0).enter(0x30);
    signed.count();
    signed.next(0x31);
    signed.next(0x30);
    const certificates = signed.optional(0xa0);
    if (!certificates) return [];
    // Attribute certificates and the extended certificates of PKCS#6 carry context tags.
    return [...signed.inside(certificates).rest()].filter(({ tag }) => tag === 0x30).map(({ whole }) => whole);
  } catch (cause) {
    if (cause instanceof Asn1Error)
      throw new IntakeError('MALFORMED_CERTIFICATE', 'this PKCS#7 file is malformed', { cause });
    throw cause;
  }
}
