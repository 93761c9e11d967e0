import { createHash, sign, verify } from 'node:crypto';
import { MalformedError, TrustcastError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { type Ed25519Jwk, type SigningKey, keyFromJwk, thumbprintOf } from '../signed/ed25519-key.js';
import { canonicalJwk } from '../signed/self-signed.js';
import * as decode from '../text/decode.js';

/** A document that several keys sign: JWS in its general JSON serialization (RFC 7515, 7.2.1). */
export interface MultiSigned {
  /** JSON in base64url. */
  readonly payload: string;
  readonly signatures: readonly Signature[];
}

interface Signature {
  /** Header in base64url: `alg`, `typ`, `kid`, and in `jwk` the public key, whose thumbprint the `kid` must be. */
  readonly protected: string;
  readonly signature: string;
}

const BASE64URL = /^[A-Za-z0-9_-]+$/;
const MAX_SIGNATURES = 16;
const MAX_HEADER = 1_024;

/** Reads a document from untrusted JSON; nothing is verified. @throws MalformedError, LimitExceededError */
export function decodeMultiSigned(value: unknown, field: string): MultiSigned {
  const document = decode.object(value, field);
  return {
    payload: base64url(document.payload, `${field}.payload`, LIMITS.keyDocumentBytes),
    signatures: decode.array(document.signatures, `${field}.signatures`, MAX_SIGNATURES).map((item, index) => {
      const at = `${field}.signatures[${index}]`;
      const signature = decode.object(item, at);
      return {
        protected: base64url(signature.protected, `${at}.protected`, MAX_HEADER),
        signature: base64url(signature.signature, `${at}.signature`, MAX_HEADER),
      };
    }),
  };
}

/** The JSON of the payload. @throws MalformedError, LimitExceededError */
export function payloadOf({ payload }: MultiSigned, field: string): decode.JsonObject {
  return decode.object(decode.json(Buffer.from(payload, 'base64url'), LIMITS.keyDocumentBytes, field), field);
}

/** SHA-256 of a domain and the payload's bytes, base64url. */
export function payloadDigest(domain: string, { payload }: MultiSigned): string {
  return createHash('sha256').update(`${domain}\n`).update(Buffer.from(payload, 'base64url')).digest('base64url');
}

/** A document without signatures. */
export function unsigned(payload: object): MultiSigned {
  return { payload: Buffer.from(JSON.stringify(payload)).toString('base64url'), signatures: [] };
}

/** Adds the signature of a key, in the place of an earlier one of the same key. */
export function signAlso(type: string, { payload, signatures }: MultiSigned, key: SigningKey, jwk: Ed25519Jwk) {
  const header = { alg: 'EdDSA', typ: type, kid: key.kid, jwk };
  const header64 = Buffer.from(JSON.stringify(header)).toString('base64url');
  const signature = sign(null, Buffer.from(`${header64}.${payload}`), key.privateKey).toString('base64url');
  const others = signatures.filter((other) => headerOf(other)?.kid !== key.kid);
  return { payload, signatures: [...others, { protected: header64, signature }] } satisfies MultiSigned;
}

/**
 * The trusted keys whose signatures hold, each once: what others have signed, or the same key twice, adds nothing. The id of a
 * key is computed from the key, so that one key has one id.
 *
 * @returns thumbprints
 */
export function signersOf(type: string, document: MultiSigned, trusted: readonly string[]): ReadonlySet<string> {
  const signers = new Set<string>();
  for (const each of document.signatures) {
    const header = headerOf(each);
    if (header?.typ !== type || header.alg !== 'EdDSA' || 'crit' in header) continue;
    const { kid } = header;
    if (typeof kid !== 'string' || signers.has(kid) || !trusted.includes(kid)) continue;
    const key = keyOf(header.jwk, kid);
    const signature = Buffer.from(each.signature, 'base64url');
    if (key && verify(null, Buffer.from(`${each.protected}.${document.payload}`), key, signature)) signers.add(kid);
  }
  return signers;
}

function keyOf(jwk: unknown, kid: string) {
  try {
    const canonical = canonicalJwk(jwk);
    return thumbprintOf(canonical) === kid ? keyFromJwk(canonical) : null;
  } catch (error) {
    if (error instanceof TrustcastError) return null;
    throw error;
  }
}

function headerOf(signature: Signature): decode.JsonObject | null {
  try {
    return decode.object(decode.json(Buffer.from(signature.protected, 'base64url'), MAX_HEADER, 'header'), 'header');
  } catch {
    return null;
  }
}

function base64url(value: unknown, field: string, maxLength: number): string {
  const text = decode.rawText(value, field, maxLength);
  if (!BASE64URL.test(text) || Buffer.from(text, 'base64url').toString('base64url') !== text)
    throw new MalformedError(field, 'must be base64url without padding');
  return text;
}
