import { Asn1Reader } from './asn1/asn1-reader.js';

/** Bytes of a certificate's subject in DER; the rest is not checked. @throws Asn1Error where it cannot be reached */
export function subjectLength(der: Uint8Array): number {
  const tbs = new Asn1Reader(der, 'BER').enter(0x30).enter(0x30);
  tbs.optional(0xa0);
  for (const tag of [0x02, 0x30, 0x30, 0x30]) tbs.next(tag);
  return tbs.next(0x30).whole.length;
}
