import type { Asn1Reader } from '@trustcast/keystore';
import { bitString } from './certificate-parts.js';

const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

/** A bit of KeyUsage (RFC 5280 section 4.2.1.3). */
export type KeyUsage = (typeof KEY_USAGES)[number];

export function readKeyUsages(reader: Asn1Reader): KeyUsage[] {
  const { bytes } = bitString(reader.next(0x03));
  return KEY_USAGES.filter((_, bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
}

const EXTENDED_KEY_USAGES: Readonly<Record<string, string>> = {
  '2.5.29.37.0': 'anyExtendedKeyUsage',
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.3': 'codeSigning',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '1.3.6.1.5.5.7.3.8': 'timeStamping',
  '1.3.6.1.5.5.7.3.9': 'OCSPSigning',
};

/** Name of an extended key usage (RFC 5280 section 4.2.1.12); its OID where it has none. */
export function extendedKeyUsageName(oid: string): string {
  return EXTENDED_KEY_USAGES[oid] ?? oid;
}
