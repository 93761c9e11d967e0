import {
  type AffectedJwk,
  type ConfirmedDecision,
  type GivenDecision,
  checkJwkDecision,
} from '../jwks/rules/jwk-decision.js';
import type { JwkRecord } from '../records/jwk-record.js';
import { RefusedError } from '../records/refusal.js';
import { publicJwk } from '../jwks/public-jwk.js';
import { contentsByFingerprint } from './read/read-contents.js';
import { jwksById } from '../jwks/sql/read-jwks.js';
import { type Sql, statement } from '../../platform/postgres/statement.js';

const LOCK = statement<{ id: string }>(
  'jwks_lock',
  'SELECT id FROM jwks WHERE certificate_id = ANY ($1) ORDER BY id FOR UPDATE',
);
const DISCONNECT = statement<object>(
  'jwks_disconnect',
  'UPDATE jwks SET certificate_id = NULL, version = version + 1, updated_at = now() WHERE id = ANY ($1)',
);
const DELETE = statement<object>('jwks_delete', 'DELETE FROM jwks WHERE id = ANY ($1)');
const TAKEN = statement<{ renewed: string; id: string; name: string }>(
  'jwks_taken',
  `SELECT r.id AS renewed, j.id, j.name FROM jsonb_to_recordset($1::jsonb) AS r (id uuid, environment uuid, kid text)
   JOIN jwks j ON j.environment_id = r.environment AND j.kid = r.kid AND j.id <> r.id`,
);
const RENEW = statement<object>(
  'jwks_renew',
  `
WITH renewal AS (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS r (id uuid, environment uuid, kid text, jwk text, fingerprint text)
), left_over AS (
  DELETE FROM retiring_keys k USING renewal r
  WHERE k.environment_id = r.environment AND (k.kid = r.kid OR k.retires_at <= now())
), retiring AS (
  INSERT INTO retiring_keys (environment_id, kid, jwk_id, jwk, retires_at)
  SELECT j.environment_id, j.kid, j.id, j.jwk, now() + make_interval(hours => $2)
  FROM jwks j JOIN renewal r ON r.id = j.id
  WHERE j.kid <> r.kid AND $2 > 0
)
UPDATE jwks j
SET kid = r.kid, jwk = r.jwk::json, fingerprint = r.fingerprint, version = j.version + 1, updated_at = now()
FROM renewal r WHERE j.id = r.id`,
);

/** Locks the JWKs that follow certificates. Lock the certificates before: then no JWK is added meanwhile. */
export async function lockLinkedJwks(sql: Sql, certificateIds: readonly string[]): Promise<JwkRecord[]> {
  if (certificateIds.length === 0) return [];
  const ids = (await sql.query(LOCK, [certificateIds])).map(({ id }) => id);
  return ids.length === 0 ? [] : jwksById(sql, ids);
}

export interface DecidedChange extends ConfirmedDecision {
  /** The JWKs that follow the changed certificates. */
  readonly linked: readonly JwkRecord[];
  readonly fingerprintAfter: FingerprintAfter;
}

/** Fingerprint of the certificate in a JWK's environment after the change; null: none. */
export type FingerprintAfter = (jwk: JwkRecord) => string | null;

/** What was done to JWKs, for the audit. */
export interface AppliedJwkDecision {
  readonly decisions: readonly GivenDecision[];
  readonly before: readonly JwkRecord[];
  readonly after: readonly JwkRecord[];
}

/**
 * Does to the JWKs whose certificate changes what was decided, in the transaction of that change.
 *
 * @returns undefined: no JWK is affected
 * @throws RefusedError when nothing was decided, or not about these JWKs
 */
export async function applyJwkDecision(
  sql: Sql,
  { linked, fingerprintAfter, given, confirmation }: DecidedChange,
): Promise<AppliedJwkDecision | undefined> {
  const { affected, renewals } = await renewalsOf(sql, linked, fingerprintAfter);
  const refusals = checkJwkDecision(affected, { given, confirmation });
  if (refusals.length > 0) throw new RefusedError(refusals);
  if (affected.length === 0) return undefined;
  const idsOf = (chosen: GivenDecision['decision']) =>
    given.flatMap(({ decision, jwkIds }) => (decision === chosen ? jwkIds : []));
  // A deleted JWK releases its key.
  await sql.query(DELETE, [idsOf('DELETE_JWKS')]);
  await sql.query(DISCONNECT, [idsOf('DISCONNECT')]);
  for (const { decision, jwkIds, overlapHours } of given) {
    const ids = new Set(jwkIds.map((id) => id.toLowerCase()));
    const rows = renewals.filter(({ id }) => ids.has(id));
    if (decision === 'UPDATE' && rows.length > 0) await sql.query(RENEW, [JSON.stringify(rows), overlapHours]);
  }
  const before = affected.map(({ jwk }) => jwk);
  const after = await jwksById(
    sql,
    before.map(({ id }) => id),
  );
  return { decisions: given, before, after };
}

interface Renewal {
  readonly id: string;
  readonly environment: string;
  readonly kid: string;
  readonly jwk: string;
  readonly fingerprint: string;
}

async function renewalsOf(
  sql: Sql,
  linked: readonly JwkRecord[],
  fingerprintAfter: FingerprintAfter,
): Promise<{ affected: AffectedJwk[]; renewals: Renewal[] }> {
  const changed = linked
    .map((jwk) => ({ jwk, fingerprint: fingerprintAfter(jwk) }))
    .filter(({ jwk, fingerprint }) => fingerprint !== jwk.fingerprint);
  const fingerprints = changed.flatMap(({ fingerprint }) => fingerprint ?? []);
  const contents = fingerprints.length > 0 ? await contentsByFingerprint(sql, [...new Set(fingerprints)]) : [];
  const ders = new Map(contents.map(({ fingerprint, der }) => [fingerprint, der]));
  const changes: Omit<AffectedJwk, 'takenBy'>[] = [];
  const renewals: Renewal[] = [];
  for (const { jwk, fingerprint } of changed) {
    const der = ders.get(fingerprint ?? '');
    const next = der ? await publicJwk(der, jwk) : null;
    changes.push({ jwk, fingerprint, incompatible: next !== null && !next.ok });
    if (next?.ok && fingerprint !== null)
      renewals.push({
        id: jwk.id,
        environment: jwk.environmentId,
        kid: next.value.kid,
        jwk: JSON.stringify(next.value),
        fingerprint,
      });
  }
  const takers = await takersOf(sql, linked, renewals);
  return { affected: changes.map((each) => ({ ...each, takenBy: takers.get(each.jwk.id) ?? null })), renewals };
}

/** JWKs that have the key of a renewal already, or receive it by the same change. */
async function takersOf(sql: Sql, linked: readonly JwkRecord[], renewals: readonly Renewal[]) {
  const takers = new Map<string, { readonly id: string; readonly name: string }>();
  if (renewals.length === 0) return takers;
  const renewedTo = new Map<string, string>();
  for (const { id, environment, kid } of renewals) {
    const key = `${environment} ${kid}`;
    const other = linked.find((jwk) => jwk.id === renewedTo.get(key));
    if (other) takers.set(id, { id: other.id, name: other.name });
    else renewedTo.set(key, id);
  }
  for (const { renewed, id, name } of await sql.query(TAKEN, [JSON.stringify(renewals)]))
    takers.set(renewed, { id, name });
  return takers;
}

/** The JWKs whose certificate a change would replace or remove. */
export async function affectedJwks(
  sql: Sql,
  linked: readonly JwkRecord[],
  fingerprintAfter: FingerprintAfter,
): Promise<readonly AffectedJwk[]> {
  return (await renewalsOf(sql, linked, fingerprintAfter)).affected;
}
