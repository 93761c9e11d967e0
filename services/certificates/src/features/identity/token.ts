import { type KeyObject, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** A new bearer token; the prefix says what it opens. */
export function newToken(prefix: 'tca' | 'tch'): string {
  return `${prefix}_${randomBytes(32).toString('base64url')}`;
}

/** What is stored of a token. It has 256 random bits: a slow hash would protect nothing more. */
export function tokenSha256(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** The token of an `Authorization: Bearer` header (RFC 6750). */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([\w.~+/-]+=*)$/i.exec(header ?? '')?.[1];
}

/** A secret that tokens are derived from: of the signing key, which all processes of an installation have, and no part of it. */
export function tokenSecretOf(signingKey: KeyObject): Buffer {
  const { d = '' } = signingKey.export({ format: 'jwk' });
  return Buffer.from(hkdfSync('sha256', Buffer.from(d, 'base64url'), '', 'trustcast tokens', 32));
}

/** The bearer token of what has this id: the same one each time. */
export function derivedToken(prefix: 'tch', secret: Buffer, id: string): string {
  return `${prefix}_${createHmac('sha256', secret).update(id).digest('base64url')}`;
}
