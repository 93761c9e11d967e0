import { pbkdf2Sync } from 'node:crypto';
import type { Asn1Reader } from '../asn1/asn1-reader.js';
import { OID } from '../asn1/oids.js';
import { KeystoreError, unsupportedAlgorithm } from '../errors.js';
import { type Digest, HMACS } from './digests.js';
import type { PasswordBytes } from './password.js';
import { pkcs12Kdf } from './pkcs12-kdf.js';

/** A key derivation as a file asks for it. It is described first and done later, so that a file's work is known before any of it. */
export interface Derivation {
  readonly iterations: number;
  /** Hashes that the derived value is made of, one behind the other: each takes all iterations. */
  readonly blocks: number;
  derive(password: PasswordBytes): Buffer;
}

/** That of PKCS#12 (RFC 7292 appendix B.2). */
export function pkcs12Derivation(
  hash: Digest,
  { salt, iterations }: { readonly salt: Buffer; readonly iterations: number },
  purpose: number,
  length: number,
): Derivation {
  return {
    iterations,
    blocks: blocksOf(length, hash),
    derive: ({ bmp }) => pkcs12Kdf(hash, bmp, salt, iterations, purpose, length),
  };
}

/** PBKDF2 as its AlgorithmIdentifier says. `keyBytes` undefined: the parameters must tell, as PBMAC1 demands. */
export function readPbkdf2(algorithm: Asn1Reader, keyBytes: number | undefined): Derivation {
  const oid = algorithm.oid();
  if (oid !== OID.pbkdf2) throw unsupportedAlgorithm('key derivation', oid);
  const parameters = algorithm.enter(0x30);
  const salt = parameters.octets();
  const iterations = parameters.count();
  const told = parameters.nextTag === 0x02 ? parameters.count() : undefined;
  const length = keyBytes ?? told;
  if (length === undefined || length < 1 || length > 128 || (told !== undefined && told !== length))
    throw new KeystoreError('KEYSTORE_MALFORMED', 'a derived key has a wrong length');
  const prf = parameters.done ? OID.hmacSha1 : parameters.enter(0x30).oid();
  const hash = HMACS[prf];
  if (!hash) throw unsupportedAlgorithm('key derivation', prf);
  return {
    iterations,
    blocks: blocksOf(length, hash),
    derive: ({ utf8 }) => pbkdf2Sync(utf8, salt, iterations, length, hash.name),
  };
}

function blocksOf(length: number, hash: Digest): number {
  return Math.ceil(length / hash.bytes);
}
