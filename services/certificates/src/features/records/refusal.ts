import { TrustcastError } from '@trustcast/schema';
import type { CertificateRecord } from './certificate-record.js';
import type { JwkQuestion } from './jwk-question.js';
import type { JwkRecord } from './jwk-record.js';

/** Where in the input, such as `['definitions', '0', 'alias']`. */
export type FieldPath = readonly string[];

/** How far a retrieval came. */
export type RetrievalStage = 'RESOLVE' | 'POLICY' | 'CONNECT' | 'TLS' | 'PARSE';

interface Details {
  NAME_TAKEN: { readonly nodeId: string | null };
  OWNER_DIFFERS: { readonly owner: string };
  ALIAS_TAKEN: { readonly environment: string; readonly certificateId: string };
  DUPLICATE_CERTIFICATE: { readonly certificateId: string };
  VERSION_CONFLICT: { readonly current: CertificateRecord };
  ENVIRONMENT_NOT_FOUND: { readonly names: readonly string[] };
  ENVIRONMENT_IN_USE: object;
  ENVIRONMENT_DIVERGED: { readonly names: readonly string[] };
  CERTIFICATE_NOT_FOUND: object;
  CERTIFICATE_COMPROMISED: { readonly fingerprints: readonly string[] };
  AGENT_NOT_FOUND: object;
  JWK_NOT_FOUND: object;
  JWK_VERSION_CONFLICT: { readonly current: JwkRecord };
  JWK_DECISION_REQUIRED: JwkQuestion;
  JWKS_CHANGED: JwkQuestion;
  JWK_INCOMPATIBLE: { readonly jwks: readonly JwkRecord[] };
  KEY_TAKEN: { readonly jwkId: string };
  ALGORITHM_NOT_ALLOWED: { readonly allowed: readonly string[] };
  PRIVATE_KEY_NOT_ALLOWED: object;
  PASSWORD_REQUIRED: object;
  PASSWORD_WRONG: object;
  MULTIPLE_CERTIFICATES: { readonly fingerprints: readonly string[] };
  NOT_JAVA_SAFE: { readonly rule: string };
  MALFORMED_CERTIFICATE: object;
  LIMIT_EXCEEDED: object;
  ISSUER_LIST_TOO_LONG: {
    readonly environments: readonly string[];
    readonly bytes: number;
    readonly maxBytes: number;
  };
  RETRIEVAL_FAILED: { readonly stage: RetrievalStage };
  PLAN_CHANGED: object;
  UNKNOWN_NOT_CONFIRMED: object;
  RETRUST_NOT_CONFIRMED: { readonly fingerprints: readonly string[] };
  IDEMPOTENCY_KEY_REUSED: object;
  INVALID_INPUT: object;
}
export type RefusalCode = keyof Details;

/** Why a change was not made, for the one who asked for it. */
export type Refusal = {
  [Code in RefusalCode]: {
    readonly code: Code;
    readonly message: string;
    readonly field: FieldPath | null;
  } & Details[Code];
}[RefusalCode];

/** Ends a transaction whose change is refused. */
export class RefusedError extends TrustcastError {
  constructor(readonly refusals: readonly Refusal[]) {
    super('REFUSED', refusals.map(({ code }) => code).join(', '));
  }
}

/** One refusal, raised. */
export function refused(refusal: Refusal): RefusedError {
  return new RefusedError([refusal]);
}
