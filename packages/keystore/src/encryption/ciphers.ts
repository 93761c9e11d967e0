import { type CipherGCMTypes, type Decipher, createDecipheriv } from 'node:crypto';
import { OID } from '../asn1/oids.js';
import { KeystoreError } from '../errors.js';

/** A block cipher in CBC mode, as node:crypto names it. */
export interface Cipher {
  readonly name: string;
  readonly keyBytes: number;
  readonly ivBytes: number;
}

/** By object identifier. */
export const CIPHERS: Readonly<Record<string, Cipher>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16, ivBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24, ivBytes: 16 },
  [OID.aes256Cbc]: { name: 'aes-256-cbc', keyBytes: 32, ivBytes: 16 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyBytes: 24, ivBytes: 8 },
  // RFC 3657 and RFC 5794: NSS and OpenSSL offer them.
  '1.2.392.200011.61.1.1.1.2': { name: 'camellia-128-cbc', keyBytes: 16, ivBytes: 16 },
  '1.2.392.200011.61.1.1.1.3': { name: 'camellia-192-cbc', keyBytes: 24, ivBytes: 16 },
  '1.2.392.200011.61.1.1.1.4': { name: 'camellia-256-cbc', keyBytes: 32, ivBytes: 16 },
  '1.2.410.200046.1.1.2': { name: 'aria-128-cbc', keyBytes: 16, ivBytes: 16 },
  '1.2.410.200046.1.1.7': { name: 'aria-192-cbc', keyBytes: 24, ivBytes: 16 },
  '1.2.410.200046.1.1.12': { name: 'aria-256-cbc', keyBytes: 32, ivBytes: 16 },
};
/** RFC 5084 section 3.2. */
export const GCM_CIPHERS: Readonly<Record<string, { readonly name: CipherGCMTypes; readonly keyBytes: number }>> = {
  '2.16.840.1.101.3.4.1.6': { name: 'aes-128-gcm', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.26': { name: 'aes-192-gcm', keyBytes: 24 },
  '2.16.840.1.101.3.4.1.46': { name: 'aes-256-gcm', keyBytes: 32 },
};

/** @throws KeystoreError `KEYSTORE_PASSWORD_WRONG` where the padding is wrong */
export function decipher(name: string, key: Buffer, iv: Buffer, data: Buffer): Buffer {
  return finished(createDecipheriv(name, key, iv), data);
}

/** DES is 3DES with one key three times; OpenSSL 3 has it in a provider that Node does not load. */
export function desCbcDecrypt(key: Buffer, iv: Buffer, data: Buffer): Buffer {
  return decipher('des-ede3-cbc', Buffer.concat([key, key, key]), iv, data);
}

/** The tag stands behind the ciphertext (RFC 5084 section 3.2). */
export function decipherGcm(name: CipherGCMTypes, key: Buffer, nonce: Buffer, data: Buffer, tagBytes: number): Buffer {
  const cipher = createDecipheriv(name, key, nonce, { authTagLength: tagBytes });
  cipher.setAuthTag(data.subarray(data.length - tagBytes));
  return finished(cipher, data.subarray(0, data.length - tagBytes));
}

function finished(cipher: Decipher, data: Buffer): Buffer {
  try {
    return Buffer.concat([cipher.update(data), cipher.final()]);
  } catch (cause) {
    throw new KeystoreError('KEYSTORE_PASSWORD_WRONG', 'the password is wrong, or the keystore was changed', { cause });
  }
}
