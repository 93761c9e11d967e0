import { createHash, randomBytes } from 'node:crypto';

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
