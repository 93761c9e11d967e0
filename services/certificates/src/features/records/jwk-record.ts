import type { JwkUse, PublicKeyMembers } from './jwk-algorithm.js';

/** A JWK as it is published (RFC 7517): public members alone. */
export interface PublicJwk extends PublicKeyMembers {
  /** RFC 7638 thumbprint with SHA-256, base64url. */
  readonly kid: string;
  readonly use: 'sig' | 'enc';
  readonly alg: string;
  /** Standard base64 of the DER encoding. */
  readonly x5c: readonly string[];
  /** SHA-1 and SHA-256 of the DER encoding, base64url. */
  readonly x5t: string;
  readonly 'x5t#S256': string;
}

/** What a JWK was made from and follows. */
export interface JwkLink {
  readonly certificateId: string;
  readonly definitionId: string;
}

/** A key that a JWK had before, still published. */
export interface RetiringKey {
  readonly kid: string;
  readonly retiresAt: string;
}

/** Times are ISO 8601. */
export interface JwkRecord {
  readonly id: string;
  readonly environmentId: string;
  readonly name: string;
  readonly use: JwkUse;
  readonly algorithm: string;
  readonly kid: string;
  readonly jwk: PublicJwk;
  /** Of the certificate that it was made from last. */
  readonly fingerprint: string;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** null: disconnected. */
  readonly link: JwkLink | null;
  readonly retiring: readonly RetiringKey[];
}

/** What becomes of the JWKs of a certificate that is changed or deleted. */
export const JWK_DECISIONS = ['UPDATE', 'DISCONNECT', 'DELETE_JWKS'] as const;
export type JwkDecision = (typeof JWK_DECISIONS)[number];

/** A JWK that follows a certificate. */
export interface FollowingJwk {
  readonly certificateId: string;
  readonly environmentId: string;
  readonly name: string;
  readonly use: string;
  readonly algorithm: string;
  readonly kid: string;
}
