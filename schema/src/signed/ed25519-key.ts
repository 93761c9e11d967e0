import { type KeyObject, createHash, createPublicKey } from 'node:crypto';
import { exportJWK } from 'jose';
import { SignatureError } from '../errors.js';

/** An Ed25519 key with which documents are signed. */
export interface SigningKey {
  /** RFC 7638 SHA-256 thumbprint of the public key, base64url. */
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/** Public Ed25519 keys by `kid` (RFC 7638 thumbprint). */
export type VerificationKeys = ReadonlyMap<string, KeyObject>;

/** A public Ed25519 key as RFC 8037 writes it. */
export interface Ed25519Jwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
}

/** Public part of an Ed25519 key, private or public, as a JWK. */
export async function publicJwkOf(key: KeyObject): Promise<Ed25519Jwk> {
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('not an Ed25519 key');
  const { x = '' } = await exportJWK(key.type === 'private' ? createPublicKey(key) : key);
  return { kty: 'OKP', crv: 'Ed25519', x };
}

/** RFC 7638 SHA-256 thumbprint, base64url: the `kid` of a key. */
export function thumbprintOf({ x }: Ed25519Jwk): string {
  return createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url');
}

/** Wraps a private Ed25519 key with its `kid`. */
export async function signingKeyOf(privateKey: KeyObject): Promise<SigningKey> {
  return { kid: thumbprintOf(await publicJwkOf(privateKey)), privateKey };
}

/** Imports a public Ed25519 JWK. @throws SignatureError `SIGNATURE_MALFORMED` */
export function keyFromJwk(jwk: unknown): KeyObject {
  const { kty, crv, x } = (jwk ?? {}) as Partial<Ed25519Jwk>;
  if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(x))
    throw new SignatureError('SIGNATURE_MALFORMED', 'not a public Ed25519 key (RFC 8037)');
  try {
    return createPublicKey({ key: { kty, crv, x }, format: 'jwk' });
  } catch (cause) {
    throw new SignatureError('SIGNATURE_MALFORMED', 'not a public Ed25519 key (RFC 8037)', { cause });
  }
}
