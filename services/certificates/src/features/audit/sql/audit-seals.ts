import type { ChainHead } from '../rules/audit-chain.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** Hash of record `a` over every column: text that does not depend on the session's settings. */
const RECORD_HASH = `encode(sha256(convert_to(jsonb_build_array(a.id,
  to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), a.actor, a.action, a.address, a.request_id,
  a.certificate_id, to_jsonb(a.environments), a.revisions, a.before, a.after, a.details)::text, 'UTF8')), 'hex')`;

export interface HashedRecord {
  readonly id: number;
  /** null: the record is not there. */
  readonly record: string | null;
}

export interface Seal extends ChainHead {
  readonly auditId: number;
}

const HEAD = statement<ChainHead>(
  'audit_head',
  'SELECT sequence, hash FROM audit_seals ORDER BY sequence DESC LIMIT 1',
);
const TAKE = statement<HashedRecord>(
  'audit_take',
  `
WITH oldest AS (
  SELECT u.audit_id FROM audit_unsealed u JOIN audit a ON a.id = u.audit_id ORDER BY u.audit_id LIMIT $1
), taken AS (
  DELETE FROM audit_unsealed WHERE audit_id IN (SELECT audit_id FROM oldest) RETURNING audit_id
)
SELECT a.id, ${RECORD_HASH} AS record FROM audit a JOIN taken t ON t.audit_id = a.id ORDER BY a.id`,
);
const SEAL = statement<object>(
  'audit_seal',
  `INSERT INTO audit_seals (sequence, audit_id, hash)
   SELECT sequence, "auditId", hash
   FROM jsonb_to_recordset($1::jsonb) AS s (sequence bigint, "auditId" bigint, hash text) ORDER BY sequence`,
);
const READ = statement<ReadSeal>(
  'audit_seals_read',
  `SELECT s.sequence, s.hash, s.audit_id AS "auditId", CASE WHEN a.id IS NOT NULL THEN ${RECORD_HASH} END AS record,
     coalesce(a.at < now() - make_interval(days => $3::integer), false) AS old
   FROM audit_seals s LEFT JOIN audit a ON a.id = s.audit_id
   WHERE s.sequence > $1 ORDER BY s.sequence LIMIT $2`,
);
const REMOVED = statement<ChainHead>('audit_removed', 'SELECT sequence, hash FROM audit_removed');
const MARK = statement<object>(
  'audit_remove_mark',
  `INSERT INTO audit_removed (sequence, hash, removed_at) VALUES ($1, $2, now())
   ON CONFLICT (only_one) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash, removed_at = excluded.removed_at`,
);
const REMOVE = statement<object>(
  'audit_remove',
  'DELETE FROM audit a USING audit_seals s WHERE s.audit_id = a.id AND s.sequence <= $1',
);
const REMOVE_SEALS = statement<object>('audit_remove_seals', 'DELETE FROM audit_seals WHERE sequence <= $1');
const STRAY = statement<{ id: number; missing: boolean }>(
  'audit_stray',
  `SELECT a.id, false AS missing FROM audit a
   WHERE NOT EXISTS (SELECT FROM audit_seals s WHERE s.audit_id = a.id)
     AND NOT EXISTS (SELECT FROM audit_unsealed u WHERE u.audit_id = a.id)
   UNION ALL
   SELECT u.audit_id, true FROM audit_unsealed u WHERE NOT EXISTS (SELECT FROM audit a WHERE a.id = u.audit_id)
   ORDER BY id LIMIT $1`,
);
const WAITING = statement<{ number: number }>('audit_waiting', 'SELECT count(*) AS number FROM audit_unsealed');

/** The last link; null: nothing is sealed yet. */
export async function auditHead(sql: Sql): Promise<ChainHead | null> {
  return (await sql.query(HEAD))[0] ?? (await lastRemoved(sql));
}

/** Takes committed records that are not sealed yet, to be sealed in the same transaction. */
export function takeUnsealed(sql: Sql, limit: number): Promise<HashedRecord[]> {
  return sql.query(TAKE, [limit]);
}

export async function storeSeals(sql: Sql, seals: readonly Seal[]): Promise<void> {
  await sql.query(SEAL, [JSON.stringify(seals)]);
}

/** A seal with the hash of its record as it is now. */
export interface ReadSeal extends Seal {
  /** null: the record is not there. */
  readonly record: string | null;
  /** Whether the record is older than some days. */
  readonly old: boolean;
}

export function readSeals(
  sql: Sql,
  { after, limit, days = 0 }: { readonly after: number; readonly limit: number; readonly days?: number },
): Promise<ReadSeal[]> {
  return sql.query(READ, [after, limit, days]);
}

/** The seal of the last record that was removed; null: none was. */
export async function lastRemoved(sql: Sql): Promise<ChainHead | null> {
  return (await sql.query(REMOVED))[0] ?? null;
}

/** Removes records from the beginning of the chain, with their seals. The database refuses any other deletion. */
export async function removeThrough(sql: Sql, { sequence, hash }: ChainHead): Promise<void> {
  await sql.query(MARK, [sequence, hash]);
  await sql.query(REMOVE, [sequence]);
  await sql.query(REMOVE_SEALS, [sequence]);
}

/** Records that neither are sealed nor wait for it, and waiting ones that are gone. */
export function strayRecords(sql: Sql, limit: number): Promise<{ id: number; missing: boolean }[]> {
  return sql.query(STRAY, [limit]);
}

export async function waitingRecords(sql: Sql): Promise<number> {
  return (await sql.query(WAITING))[0]?.number ?? 0;
}
