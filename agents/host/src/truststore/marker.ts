import { createHash } from 'node:crypto';
import { markerCertificate } from '@trustcast/keystore';

/**
 * The marker must be known before the first registration and stay the same for good: JVMs know by it the trust managers
 * that were made from this file. So it follows from environment name and directory, as a UUID by hashing (RFC 9562, 8).
 */
export function markerOf(environment: string, directory: string): Uint8Array {
  const hash = createHash('sha256').update(`trustcast-marker/1\n${environment}\n${directory}\n`).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return markerCertificate(
    [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-'),
  );
}
