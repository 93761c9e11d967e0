import { type AffectedJwk, type JwkConnection, judgeDecision } from '../domain/jwk-decision.js';
import type { JwkRecord, PublicJwk } from '../domain/jwk-record.js';
import { refused } from '../domain/refusal.js';
import { publicJwk } from '../jwks/public-jwk.js';
import { contentsByFingerprint } from './read-contents.js';
import { jwksById } from './read-jwks.js';
import { type Sql, statement } from './statement.js';

const LOCK = statement<{ id: string }>(
  'jwks_lock',
  'SELECT id FROM jwks WHERE certificate_id = ANY ($1) ORDER BY id FOR UPDATE',
);
const DISCONNECT = statement<object>(
  'jwks_disconnect',
  'UPDATE jwks SET certificate_id = NULL, version = version + 1, updated_at = now() WHERE id = ANY ($1)',
);
const DELETE = statement<object>('jwks_delete', 'DELETE FROM jwks WHERE id = ANY ($1)');
const TAKEN = statement<{ id: string; name: string }>(
  'jwks_taken',
  `SELECT j.id, j.name FROM jsonb_to_recordset($1::jsonb) AS r (id uuid, environment uuid, kid text)
   JOIN jwks j ON j.environment_id = r.environment AND j.kid = r.kid AND j.id <> r.id LIMIT 1`,
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

/** Locks the JWKs that follow certificates, which must be locked before: nobody adds one then. */
export async function lockLinkedJwks(sql: Sql, certificateIds: readonly string[]): Promise<JwkRecord[]> {
  const ids = (await sql.query(LOCK, [certificateIds])).map(({ id }) => id);
  return ids.length === 0 ? [] : jwksById(sql, ids);
}

export interface Settlement {
  readonly linked: readonly JwkRecord[];
  /** Fingerprint of the certificate that a JWK's environment has after the change; null: none. */
  readonly fingerprintAfter: (jwk: JwkRecord) => string | null;
  readonly given: JwkConnection | null;
  readonly confirmation: { readonly typed: string | null; readonly name: string };
}

/**
 * Does to the JWKs whose certificate changes what was decided, in the transaction of that change.
 *
 * @returns for the audit; undefined: no JWK is affected
 * @throws RefusedError when it was not decided, or not about these JWKs
 */
export async function settleJwks(
  sql: Sql,
  { linked, fingerprintAfter, given, confirmation }: Settlement,
): Promise<{ decision: string; before: JwkRecord[]; after: JwkRecord[] } | undefined> {
  const { affected, renewals } = await renewalsOf(sql, linked, fingerprintAfter);
  const refusal = judgeDecision(affected, given, confirmation);
  if (refusal) throw refused(refusal);
  if (!given || affected.length === 0) return undefined;
  const ids = affected.map(({ jwk }) => jwk.id);
  if (given.decision === 'DISCONNECT') await sql.query(DISCONNECT, [ids]);
  else if (given.decision === 'DELETE_JWKS') await sql.query(DELETE, [ids]);
  else {
    const rows = JSON.stringify(renewals);
    const [taken] = await sql.query(TAKEN, [rows]);
    if (taken)
      throw refused({
        code: 'KEY_TAKEN',
        message: `the environment has a JWK of the new key already: ${JSON.stringify(taken.name)}`,
        field: ['jwkConnection', 'decision'],
        jwkId: taken.id,
      });
    await sql.query(RENEW, [rows, given.overlapHours]);
  }
  return { decision: given.decision, before: affected.map(({ jwk }) => jwk), after: await jwksById(sql, ids) };
}

async function renewalsOf(
  sql: Sql,
  linked: readonly JwkRecord[],
  fingerprintAfter: (jwk: JwkRecord) => string | null,
): Promise<{ affected: AffectedJwk[]; renewals: object[] }> {
  const changed = linked
    .map((jwk) => ({ jwk, fingerprint: fingerprintAfter(jwk) }))
    .filter(({ jwk, fingerprint }) => fingerprint !== jwk.fingerprint);
  const fingerprints = changed.flatMap(({ fingerprint }) => fingerprint ?? []);
  const contents = fingerprints.length > 0 ? await contentsByFingerprint(sql, [...new Set(fingerprints)]) : [];
  const ders = new Map(contents.map(({ fingerprint, der }) => [fingerprint, der]));
  const affected: AffectedJwk[] = [];
  const renewals: { id: string; environment: string; kid: string; jwk: string; fingerprint: string }[] = [];
  for (const { jwk, fingerprint } of changed) {
    const der = ders.get(fingerprint ?? '');
    const next = der ? await publicJwk(der, jwk) : null;
    affected.push({ jwk, fingerprint, incompatible: next !== null && !isJwk(next) });
    if (next && isJwk(next) && fingerprint !== null)
      renewals.push({
        id: jwk.id,
        environment: jwk.environmentId,
        kid: next.kid,
        jwk: JSON.stringify(next),
        fingerprint,
      });
  }
  return { affected, renewals };
}

function isJwk(value: object): value is PublicJwk {
  return 'kid' in value;
}

/** The JWKs whose certificate a change would replace or take away. */
export async function affectedJwks(
  sql: Sql,
  linked: readonly JwkRecord[],
  fingerprintAfter: (jwk: JwkRecord) => string | null,
): Promise<readonly AffectedJwk[]> {
  return (await renewalsOf(sql, linked, fingerprintAfter)).affected;
}
