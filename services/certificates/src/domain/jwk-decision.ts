import { JWK_DECISIONS, type JwkDecision, type JwkRecord } from './jwk-record.js';
import type { Refusal } from './refusal.js';

/** What shall become of the JWKs of a certificate that is changed or deleted. There is no default. */
export interface JwkConnection {
  readonly decision: JwkDecision;
  /** The JWKs that the decision is about, as they were shown. */
  readonly jwkIds: readonly string[];
  /** So long the key that a JWK had stays published. */
  readonly overlapHours: number;
}

/** A JWK whose certificate really changes in its environment. */
export interface AffectedJwk {
  readonly jwk: JwkRecord;
  /** Of the certificate that its environment has then; null: none. */
  readonly fingerprint: string | null;
  /** The key of that certificate cannot carry the algorithm. */
  readonly incompatible: boolean;
}

/** What can be done to all of them alike. */
export function decisionOptions(affected: readonly AffectedJwk[]): JwkDecision[] {
  const renewable = affected.every(({ fingerprint, incompatible }) => fingerprint !== null && !incompatible);
  const orphaned = affected.every(({ fingerprint }) => fingerprint === null);
  return JWK_DECISIONS.filter((decision) =>
    decision === 'UPDATE' ? renewable : decision === 'DELETE_JWKS' ? orphaned : true,
  );
}

/** Why nothing may be done yet; null: what was decided may be done. */
export function judgeDecision(
  affected: readonly AffectedJwk[],
  given: JwkConnection | null,
  confirmation: { readonly typed: string | null; readonly name: string },
): Refusal | null {
  const jwks = affected.map(({ jwk }) => jwk);
  const options = decisionOptions(affected);
  const message = `This Certificate is used in ${jwks.length} JWK(s). What would you like to do?`;
  const field = ['jwkConnection'];
  if (!given) return jwks.length === 0 ? null : { code: 'JWK_DECISION_REQUIRED', message, field, jwks, options };
  const meant = new Set(given.jwkIds.map((id) => id.toLowerCase()));
  if (meant.size !== jwks.length || !jwks.every(({ id }) => meant.has(id)))
    return { code: 'JWKS_CHANGED', message, field: [...field, 'jwkIds'], jwks, options };
  if (confirmation.typed?.normalize('NFC') !== confirmation.name)
    return { code: 'INVALID_INPUT', message: `the name must be typed to confirm this`, field: ['confirmName'] };
  const incompatible = affected.flatMap((each) => (each.incompatible ? [each.jwk] : []));
  if (given.decision === 'UPDATE' && incompatible.length > 0) {
    const named = incompatible.map(({ name, algorithm }) => `${JSON.stringify(name)} (${algorithm})`).join(', ');
    return {
      code: 'JWK_INCOMPATIBLE',
      message: `the key of the new certificate cannot be used as these JWKs say: ${named}`,
      field: [...field, 'decision'],
      jwks: incompatible,
    };
  }
  if (jwks.length > 0 && !options.includes(given.decision))
    return {
      code: 'INVALID_INPUT',
      message: `for these JWKs choose ${options.join(' or ')}`,
      field: [...field, 'decision'],
    };
  return null;
}
