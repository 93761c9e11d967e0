import { hash as hashOnce } from 'node:crypto';
import type { Asn1Reader } from '../asn1/asn1-reader.js';
import { OID } from '../asn1/oids.js';
import { KeystoreError, unsupportedAlgorithm } from '../errors.js';
import { CIPHERS, GCM_CIPHERS, decipher, decipherGcm, desCbcDecrypt } from './ciphers.js';
import { type Derivation, pkcs12Derivation, readPbkdf2 } from './derivation.js';
import { type Digest, MD5, SHA1 } from './digests.js';
import type { PasswordBytes } from './password.js';
import { KDF_PURPOSE } from './pkcs12-kdf.js';
import { rc2CbcDecrypt } from './rc2.js';
import { rc4 } from './rc4.js';

const DES_CBC = '1.3.14.3.2.7';
const RC2_CBC = '1.2.840.113549.3.2';
/** rc2ParameterVersion of RFC 2268 section 6: bytes of the key. */
const RC2_KEY_BYTES: Readonly<Record<number, number>> = { 160: 5, 120: 8, 58: 16 };
type Decrypt = (key: Buffer, iv: Buffer, data: Buffer) => Buffer;
/** pkcs-12PbeIds of RFC 7292 appendix C, by their last arc. */
const PBES1: Readonly<Record<string, { keyBytes: number; ivBytes: number; decrypt: Decrypt }>> = {
  1: { keyBytes: 16, ivBytes: 0, decrypt: (key, _iv, data) => rc4(key, data) },
  2: { keyBytes: 5, ivBytes: 0, decrypt: (key, _iv, data) => rc4(key, data) },
  3: { keyBytes: 24, ivBytes: 8, decrypt: (key, iv, data) => decipher('des-ede3-cbc', key, iv, data) },
  4: {
    keyBytes: 16,
    ivBytes: 8,
    decrypt: (key, iv, data) => decipher('des-ede3-cbc', Buffer.concat([key, key.subarray(0, 8)]), iv, data),
  },
  5: { keyBytes: 16, ivBytes: 8, decrypt: rc2CbcDecrypt },
  6: { keyBytes: 5, ivBytes: 8, decrypt: rc2CbcDecrypt },
};
const PBES1_ARC = '1.2.840.113549.1.12.1.';
/** PBES1 of RFC 8018 section 6.1: a hash of 16 bytes or more is the key of 8 and the vector of 8. */
const PKCS5_PBES1: Readonly<Record<string, { hash: Digest; decrypt: Decrypt }>> = {
  '1.2.840.113549.1.5.3': { hash: MD5, decrypt: desCbcDecrypt },
  '1.2.840.113549.1.5.6': { hash: MD5, decrypt: rc2CbcDecrypt },
  '1.2.840.113549.1.5.10': { hash: SHA1, decrypt: desCbcDecrypt },
  '1.2.840.113549.1.5.11': { hash: SHA1, decrypt: rc2CbcDecrypt },
};

/** What an AlgorithmIdentifier of password-based encryption asks for. */
export interface PasswordEncryption {
  /** All that {@link decrypt} may do. */
  readonly derivations: readonly Derivation[];
  /** @throws KeystoreError `KEYSTORE_PASSWORD_WRONG`, as far as padding or a tag shows it */
  decrypt(data: Buffer, password: PasswordBytes): Buffer;
}

/** Reads an AlgorithmIdentifier of PBES1 (RFC 7292, RFC 8018) or PBES2 (RFC 8018). Nothing is derived yet. */
export function readPbe(algorithm: Asn1Reader): PasswordEncryption {
  const oid = algorithm.oid();
  if (oid === OID.pbes2) return readPbes2(algorithm.enter(0x30));
  const pkcs5 = PKCS5_PBES1[oid];
  if (pkcs5) return readPkcs5(pkcs5, algorithm.enter(0x30));
  const scheme = oid.startsWith(PBES1_ARC) ? PBES1[oid.slice(PBES1_ARC.length)] : undefined;
  if (!scheme) throw unsupportedAlgorithm('encryption', oid);
  const parameters = algorithm.enter(0x30);
  const asked = { salt: parameters.octets(), iterations: parameters.count() };
  const key = pkcs12Derivation(SHA1, asked, KDF_PURPOSE.key, scheme.keyBytes);
  if (scheme.ivBytes === 0)
    return {
      derivations: [key],
      decrypt: (data, password) => scheme.decrypt(key.derive(password), Buffer.alloc(0), data),
    };
  const iv = pkcs12Derivation(SHA1, asked, KDF_PURPOSE.iv, scheme.ivBytes);
  return {
    derivations: [key, iv],
    decrypt: (data, password) => scheme.decrypt(key.derive(password), iv.derive(password), data),
  };
}

/**
 * PBES1 of RFC 8018 wants the password in UTF-8 and the vector behind the key. NSS takes the password of PKCS#12, in UTF-16, and the
 * vector from the end of the hash (observed with NSS 3.87), which no other tool here reads.
 */
function readPkcs5(
  { hash, decrypt }: { readonly hash: Digest; readonly decrypt: Decrypt },
  parameters: Asn1Reader,
): PasswordEncryption {
  const salt = parameters.octets();
  const iterations = parameters.count();
  const derivation = (encoding: keyof PasswordBytes): Derivation => ({
    iterations,
    blocks: 1,
    derive: (password) => {
      let derived = Buffer.concat([password[encoding], salt]);
      for (let left = iterations; left > 0; left--) derived = hashOnce(hash.name, derived, 'buffer');
      return derived;
    },
  });
  const [standard, nss] = [derivation('utf8'), derivation('bmp')];
  return {
    derivations: [standard, nss],
    decrypt: (data, password) => {
      const found = unlessWrong(() => {
        const derived = standard.derive(password);
        return decrypt(derived.subarray(0, 8), derived.subarray(8, 16), data);
      });
      if (found?.[0] === SEQUENCE) return found;
      const derived = nss.derive(password);
      return decrypt(derived.subarray(0, 8), derived.subarray(derived.length - 8), data);
    },
  };
}

/** What a wrong password garbles seldom begins with it; what is encrypted always does. */
const SEQUENCE = 0x30;

function unlessWrong(decrypt: () => Buffer): Buffer | undefined {
  try {
    return decrypt();
  } catch (error) {
    if (error instanceof KeystoreError && error.code === 'KEYSTORE_PASSWORD_WRONG') return undefined;
    throw error;
  }
}

function readPbes2(parameters: Asn1Reader): PasswordEncryption {
  const kdf = parameters.next(0x30);
  const scheme = parameters.enter(0x30);
  const oid = scheme.oid();
  const encryption = (keyBytes: number, decrypt: (key: Buffer, data: Buffer) => Buffer): PasswordEncryption => {
    const derivation = readPbkdf2(parameters.inside(kdf), keyBytes);
    return { derivations: [derivation], decrypt: (data, password) => decrypt(derivation.derive(password), data) };
  };
  const gcm = GCM_CIPHERS[oid];
  if (gcm) {
    const fields = scheme.enter(0x30);
    const nonce = fields.octets();
    const tagBytes = fields.done ? 12 : fields.count();
    if (nonce.length === 0 || tagBytes < 12 || tagBytes > 16) throw wrongLength('a nonce or a tag');
    return encryption(gcm.keyBytes, (key, data) => {
      if (data.length < tagBytes) throw wrongLength('a nonce or a tag');
      return decipherGcm(gcm.name, key, nonce, data, tagBytes);
    });
  }
  if (oid === DES_CBC) {
    const iv = vector(scheme, 8);
    return encryption(8, (key, data) => desCbcDecrypt(key, iv, data));
  }
  if (oid === RC2_CBC) {
    const fields = scheme.enter(0x30);
    const keyBytes = RC2_KEY_BYTES[fields.count()];
    if (keyBytes === undefined) throw unsupportedAlgorithm('encryption', oid);
    const iv = vector(fields, 8);
    return encryption(keyBytes, (key, data) => rc2CbcDecrypt(key, iv, data));
  }
  const cipher = CIPHERS[oid];
  if (!cipher) throw unsupportedAlgorithm('encryption', oid);
  const iv = vector(scheme, cipher.ivBytes);
  return encryption(cipher.keyBytes, (key, data) => decipher(cipher.name, key, iv, data));
}

function vector(parameters: Asn1Reader, length: number): Buffer {
  const iv = parameters.octets();
  if (iv.length !== length) throw wrongLength('an initialization vector');
  return iv;
}

function wrongLength(what: string): KeystoreError {
  return new KeystoreError('KEYSTORE_MALFORMED', `${what} has a wrong length`);
}
