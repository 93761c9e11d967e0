import {
  type CipherGCMTypes,
  type Decipher,
  createDecipheriv,
  createHash,
  createHmac,
  pbkdf2Sync,
  timingSafeEqual,
} from 'node:crypto';
import type { Asn1Reader } from './asn1-reader.js';
import { type Digest, HASHES, HMACS, MD5, SHA1 } from './digests.js';
import { KeystoreError } from './errors.js';
import type { KdfBudget } from './kdf-budget.js';
import { OID } from './oids.js';
import { KDF_PURPOSE, bmpPassword, pkcs12Kdf } from './pkcs12-kdf.js';
import { rc2CbcDecrypt } from './rc2.js';
import { rc4 } from './rc4.js';

const CIPHERS: Readonly<Record<string, Cipher>> = {
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
const DES_CBC = '1.3.14.3.2.7';
const RC2_CBC = '1.2.840.113549.3.2';
/** rc2ParameterVersion of RFC 2268 section 6: bytes of the key. */
const RC2_KEY_BYTES: Readonly<Record<number, number>> = { 160: 5, 120: 8, 58: 16 };
/** RFC 5084 section 3.2. */
const GCM_CIPHERS: Readonly<Record<string, { name: CipherGCMTypes; keyBytes: number }>> = {
  '2.16.840.1.101.3.4.1.6': { name: 'aes-128-gcm', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.26': { name: 'aes-192-gcm', keyBytes: 24 },
  '2.16.840.1.101.3.4.1.46': { name: 'aes-256-gcm', keyBytes: 32 },
};
interface Cipher {
  readonly name: string;
  readonly keyBytes: number;
  readonly ivBytes: number;
}
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

/** A password as the two families of key derivation want it. */
export interface PasswordBytes {
  /** UTF-16BE with its terminator; some writers leave an empty password empty. */
  readonly bmp: Buffer;
  readonly utf8: Buffer;
}

/** Encodings under which writers have used a password. */
export function passwordEncodings(password: string): PasswordBytes[] {
  const utf8 = Buffer.from(password);
  const terminated = { bmp: bmpPassword(password), utf8 };
  return password === '' ? [terminated, { bmp: Buffer.alloc(0), utf8 }] : [terminated];
}

/** Decrypts what an AlgorithmIdentifier of PBES1 (RFC 7292) or PBES2 (RFC 8018) describes. */
export function decryptPbe(algorithm: Asn1Reader, data: Buffer, password: PasswordBytes, budget: KdfBudget): Buffer {
  const oid = algorithm.oid();
  if (oid === OID.pbes2) return decryptPbes2(algorithm.enter(0x30), data, password, budget);
  const pkcs5 = PKCS5_PBES1[oid];
  if (pkcs5) return decryptPkcs5(pkcs5, algorithm.enter(0x30), data, password, budget);
  const scheme = oid.startsWith(PBES1_ARC) ? PBES1[oid.slice(PBES1_ARC.length)] : undefined;
  if (!scheme) throw unsupported('encryption', oid);
  const parameters = algorithm.enter(0x30);
  const salt = parameters.octets();
  const iterations = parameters.count();
  const derive = (purpose: number, length: number) =>
    pkcs12Kdf(SHA1, password.bmp, salt, budget.spend(iterations, blocksOf(length, SHA1)), purpose, length);
  const iv = scheme.ivBytes === 0 ? Buffer.alloc(0) : derive(KDF_PURPOSE.iv, scheme.ivBytes);
  return scheme.decrypt(derive(KDF_PURPOSE.key, scheme.keyBytes), iv, data);
}

function decryptPkcs5(
  { hash, decrypt }: { hash: Digest; decrypt: Decrypt },
  parameters: Asn1Reader,
  data: Buffer,
  password: PasswordBytes,
  budget: KdfBudget,
): Buffer {
  let derived = Buffer.concat([password.utf8, parameters.octets()]);
  for (let left = budget.spend(parameters.count()); left > 0; left--)
    derived = createHash(hash.name).update(derived).digest();
  return decrypt(derived.subarray(0, 8), derived.subarray(8, 16), data);
}

/** DES is 3DES with one key three times; OpenSSL 3 has it in a provider that Node does not load. */
function desCbcDecrypt(key: Buffer, iv: Buffer, data: Buffer): Buffer {
  return decipher('des-ede3-cbc', Buffer.concat([key, key, key]), iv, data);
}

function decryptPbes2(parameters: Asn1Reader, data: Buffer, password: PasswordBytes, budget: KdfBudget): Buffer {
  const kdf = parameters.next(0x30);
  const scheme = parameters.enter(0x30);
  const oid = scheme.oid();
  const derive = (keyBytes: number) => pbkdf2(parameters.inside(kdf), password, keyBytes, budget);
  const gcm = GCM_CIPHERS[oid];
  if (gcm) {
    const fields = scheme.enter(0x30);
    const nonce = fields.octets();
    const tagBytes = fields.done ? 12 : fields.count();
    if (nonce.length === 0 || tagBytes < 12 || tagBytes > 16 || data.length < tagBytes)
      throw new KeystoreError('KEYSTORE_MALFORMED', 'a nonce or a tag has a wrong length');
    return decipherGcm(gcm.name, derive(gcm.keyBytes), nonce, data, tagBytes);
  }
  if (oid === DES_CBC) return desCbcDecrypt(derive(8), vector(scheme, 8), data);
  if (oid === RC2_CBC) {
    const fields = scheme.enter(0x30);
    const keyBytes = RC2_KEY_BYTES[fields.count()];
    if (keyBytes === undefined) throw unsupported('encryption', oid);
    return rc2CbcDecrypt(derive(keyBytes), vector(fields, 8), data);
  }
  const cipher = CIPHERS[oid];
  if (!cipher) throw unsupported('encryption', oid);
  const iv = vector(scheme, cipher.ivBytes);
  return decipher(cipher.name, derive(cipher.keyBytes), iv, data);
}

function vector(parameters: Asn1Reader, length: number): Buffer {
  const iv = parameters.octets();
  if (iv.length !== length)
    throw new KeystoreError('KEYSTORE_MALFORMED', 'an initialization vector has a wrong length');
  return iv;
}

/** The integrity check of a PFX. */
export interface MacData {
  /** Whether the MAC is of `content` under `password`. */
  verify(content: Buffer, password: PasswordBytes, budget: KdfBudget): boolean;
}

/** Reads MacData with a PKCS#12 MAC (RFC 7292) or PBMAC1 (RFC 9579). */
export function readMacData(macData: Asn1Reader): MacData {
  const digestInfo = macData.enter(0x30);
  const algorithm = digestInfo.enter(0x30);
  const oid = algorithm.oid();
  const mac = digestInfo.octets();
  const salt = macData.octets();
  const iterations = macData.done ? 1 : macData.count();
  if (oid === OID.pbmac1) {
    const parameters = algorithm.next(0x30);
    return {
      verify: (content, password, budget) => {
        const fields = algorithm.inside(parameters);
        const kdf = fields.enter(0x30);
        const scheme = fields.enter(0x30).oid();
        const hash = HMACS[scheme];
        if (!hash) throw unsupported('MAC', scheme);
        const key = pbkdf2(kdf, password, undefined, budget);
        return same(createHmac(hash.name, key).update(content).digest(), mac);
      },
    };
  }
  return {
    verify: (content, password, budget) => {
      const hash = HASHES[oid];
      if (!hash) throw unsupported('MAC', oid);
      const key = pkcs12Kdf(hash, password.bmp, salt, budget.spend(iterations), KDF_PURPOSE.mac, hash.bytes);
      return same(createHmac(hash.name, key).update(content).digest(), mac);
    },
  };
}

/** Hashes that a derived value is made of, one behind the other. */
function blocksOf(length: number, hash: Digest): number {
  return Math.ceil(length / hash.bytes);
}

/** PBKDF2 as its AlgorithmIdentifier says. `keyBytes` undefined: the parameters must tell, as PBMAC1 demands. */
function pbkdf2(
  algorithm: Asn1Reader,
  password: PasswordBytes,
  keyBytes: number | undefined,
  budget: KdfBudget,
): Buffer {
  const oid = algorithm.oid();
  if (oid !== OID.pbkdf2) throw unsupported('key derivation', oid);
  const parameters = algorithm.enter(0x30);
  const salt = parameters.octets();
  const iterations = parameters.count();
  const told = parameters.nextTag === 0x02 ? parameters.count() : undefined;
  const length = keyBytes ?? told;
  if (length === undefined || length < 1 || length > 128 || (told !== undefined && told !== length))
    throw new KeystoreError('KEYSTORE_MALFORMED', 'a derived key has a wrong length');
  const prf = parameters.done ? OID.hmacSha1 : parameters.enter(0x30).oid();
  const hash = HMACS[prf];
  if (!hash) throw unsupported('key derivation', prf);
  return pbkdf2Sync(password.utf8, salt, budget.spend(iterations, blocksOf(length, hash)), length, hash.name);
}

function decipher(name: string, key: Buffer, iv: Buffer, data: Buffer): Buffer {
  return finished(createDecipheriv(name, key, iv), data);
}

/** The tag stands behind the ciphertext (RFC 5084 section 3.2). */
function decipherGcm(name: CipherGCMTypes, key: Buffer, nonce: Buffer, data: Buffer, tagBytes: number): Buffer {
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

function same(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function unsupported(what: string, oid: string): KeystoreError {
  return new KeystoreError('KEYSTORE_UNSUPPORTED', `${what} algorithm ${oid} is not supported`);
}
