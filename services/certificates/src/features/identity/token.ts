import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import {
  type Signer,
  type SigningKey,
  base62,
  formatEnrollmentToken,
  tokenChecksum as checksum,
} from '@trustcast/schema';

/** A new bearer token of an agent. */
export function newAgentToken(): string {
  return `tch_${randomBytes(32).toString('base64url')}`;
}

/** 43 characters of base 62 hold 256 bits, six hold 32. */
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const CHECKSUMMED = new RegExp(`^tca_[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`);

/**
 * A new API token: `tca_`, 256 random bits and a CRC-32 of what stands before it, both in base 62. The prefix and the
 * checksum let scanners for secrets find it without asking anybody.
 */
export function newApiToken(): string {
  return apiTokenOf(randomBytes(32));
}

/**
 * What a token is derived from, beside a secret. The id is no secret, and the key that signs may be stolen: the salt is with
 * the stored answer to the request, and goes with it.
 */
export interface TokenSeed {
  readonly id: string;
  readonly salt: string;
}

export function newSalt(): string {
  return randomBytes(32).toString('base64url');
}

/** The API token of a seed: the same one each time. */
export function derivedApiToken(secret: Buffer, seed: TokenSeed): string {
  return apiTokenOf(derived(secret, 'api token', seed));
}

function derived(secret: Buffer, kind: string, { id, salt }: TokenSeed): Buffer {
  return createHmac('sha256', secret).update(`${kind} ${id} ${salt}`).digest();
}

function apiTokenOf(bits: Buffer): string {
  const body = `tca_${base62(bits)}`;
  return body + checksum(body);
}

/** A new enrollment token. @param pin thumbprint of the key that signs statements */
export function newEnrollmentToken(pin: string): string {
  return formatEnrollmentToken(randomBytes(32), pin);
}

/** The enrollment token of a seed: the same one each time. */
export function derivedEnrollmentToken(secret: Buffer, seed: TokenSeed, pin: string): string {
  return formatEnrollmentToken(derived(secret, 'enrollment token', seed), pin);
}

/** The first characters of a token, by which people tell tokens apart: 6 of 43, which leave 220 bits to guess. */
export function tokenHint(token: string): string {
  return token.slice(0, 10);
}

/** Whether a token has the form of one with a checksum, and another checksum. Tokens of before have none. */
export function isMistyped(token: string): boolean {
  return CHECKSUMMED.test(token) && checksum(token.slice(0, -CHECKSUM_LENGTH)) !== token.slice(-CHECKSUM_LENGTH);
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
export async function tokenSecretOf(key: SigningKey | Signer): Promise<Buffer> {
  // Ed25519 signs the same bytes in one way (RFC 8032), and nobody else is told this signature.
  const secret =
    'sign' in key
      ? await key.sign(Buffer.from('trustcast tokens/1'))
      : Buffer.from(key.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
  return Buffer.from(hkdfSync('sha256', secret, '', 'trustcast tokens', 32));
}

/** The bearer token of an agent by its seed: the same one each time. */
export function derivedAgentToken(secret: Buffer, seed: TokenSeed): string {
  return `tch_${derived(secret, 'agent token', seed).toString('base64url')}`;
}
