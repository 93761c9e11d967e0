import { LimitExceededError, MalformedError } from '../errors.js';
import * as decode from '../text/decode.js';
import { type Ed25519Jwk, keyFromJwk, thumbprintOf } from './ed25519-key.js';
import { verifyDocument } from './signed-document.js';

/**
 * Reads a document that carries the key which signed it, in `publicKey`: its sender has that key.
 *
 * @throws MalformedError, LimitExceededError, SignatureError
 */
export function verifySelfSigned(
  type: string,
  compact: unknown,
  maxBytes: number,
): { publicKey: Ed25519Jwk; claims: Record<string, unknown> } {
  if (typeof compact !== 'string') throw new MalformedError('request', 'must be a compact JWS');
  if (compact.length > maxBytes) throw new LimitExceededError('request in bytes', maxBytes, compact.length);
  const unread = Buffer.from(compact.split('.')[1] ?? '', 'base64url');
  const unverified = decode.object(decode.json(unread, maxBytes, 'request'), 'request');
  const publicKey = canonicalJwk(unverified.publicKey);
  const keys = new Map([[thumbprintOf(publicKey), keyFromJwk(publicKey)]]);
  const payload = verifyDocument(type, compact, keys);
  return { publicKey, claims: decode.object(decode.json(payload, maxBytes, 'request'), 'request') };
}

/** Reads a public key into its one spelling. @throws SignatureError */
export function canonicalJwk(value: unknown): Ed25519Jwk {
  keyFromJwk(value);
  // base64url has several spellings of one key: the last character has bits that mean nothing.
  const x = Buffer.from((value as Ed25519Jwk).x, 'base64url').toString('base64url');
  return { kty: 'OKP', crv: 'Ed25519', x };
}
