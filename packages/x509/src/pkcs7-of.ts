import { encodeElement, encodeInteger, encodeOid } from '@trustcast/keystore';

const SEQUENCE = 0x30;
const SET = 0x31;
const CONTEXT_0 = 0xa0;

/** PKCS#7 of certificates alone, in DER: a SignedData without signatures (RFC 5652 sections 3 and 5), a `.p7b` file. */
export function pkcs7Of(certificates: readonly Uint8Array[]): Buffer {
  const signedData = encodeElement(
    SEQUENCE,
    encodeInteger(1),
    encodeElement(SET),
    encodeElement(SEQUENCE, encodeOid('1.2.840.113549.1.7.1')),
    encodeElement(CONTEXT_0, ...certificates),
    encodeElement(SET),
  );
  return encodeElement(SEQUENCE, encodeOid('1.2.840.113549.1.7.2'), encodeElement(CONTEXT_0, signedData));
}
