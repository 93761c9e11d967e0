import { type Sql, statement } from './statement.js';

/** Retention in days of rows that are no longer needed. */
export interface Retention {
  /** Idempotency keys, after the request. */
  readonly idempotencyKeysDays: number;
  /** Rows of certificates, hosts and JVMs that no longer exist. */
  readonly leftoversDays: number;
  /** Records of the audit; null: for ever. */
  readonly auditDays: number | null;
}

interface Kind {
  readonly kind: string;
  readonly days: (retention: Retention) => number;
  /** Rows of one batch; $1: days, $2: how many. */
  readonly table: string;
  readonly expired: string;
}

const AGO = `now() - make_interval(days => $1::integer)`;
const leftovers = ({ leftoversDays }: Retention) => leftoversDays;

const KINDS: readonly Kind[] = [
  {
    kind: 'idempotency_key',
    days: ({ idempotencyKeysDays }) => idempotencyKeysDays,
    table: 'idempotency_keys',
    expired: `r.created_at < ${AGO}`,
  },
  {
    kind: 'base',
    days: leftovers,
    table: 'bases',
    expired: `r.created_at < ${AGO} AND NOT EXISTS (SELECT FROM agents a WHERE a.base_digest = r.digest)`,
  },
  { kind: 'retired_key', days: leftovers, table: 'retiring_keys', expired: `r.retires_at < ${AGO}` },
  { kind: 'ended_jvm', days: leftovers, table: 'target_jvms', expired: `r.left_at < ${AGO}` },
  {
    kind: 'expiry_notice',
    days: leftovers,
    table: 'expiry_notices',
    expired: `r.published_at < ${AGO} AND NOT EXISTS (SELECT FROM definition_environments p
      WHERE p.environment_id = r.environment_id AND p.fingerprint = r.fingerprint)`,
  },
  { kind: 'import_progress', days: leftovers, table: 'import_progress', expired: `r.told_at < ${AGO}` },
];

const OF_BASE = 'certificate_of_base';

export const RETENTION_KINDS = [...KINDS.map(({ kind }) => kind), OF_BASE];

/** Certificates that only bases had. One that was deployed meanwhile, by whatever revision, stays for its history. */
const REMOVE_OF_BASES = statement<{ removed: boolean }>(
  'retention_certificate_of_base',
  `
WITH candidate AS MATERIALIZED (
  SELECT x.fingerprint FROM x509_certificates x
  WHERE x.of_base AND NOT EXISTS (SELECT FROM base_entries b WHERE b.fingerprint = x.fingerprint)
  -- Whoever is about to use one comes first; nobody is waited for.
  ORDER BY x.fingerprint LIMIT $1 FOR UPDATE OF x SKIP LOCKED
), deployed AS MATERIALIZED (
  SELECT c.fingerprint FROM candidate c
  WHERE EXISTS (SELECT FROM definitions d WHERE d.fingerprint = c.fingerprint)
    OR EXISTS (SELECT FROM jwks j WHERE j.fingerprint = c.fingerprint)
    OR EXISTS (SELECT FROM compromised_certificates o WHERE o.fingerprint = c.fingerprint)
    OR c.fingerprint IN (SELECT u.fingerprint FROM revisions r
      CROSS JOIN LATERAL jsonb_to_recordset(r.upserts) AS u (fingerprint text) WHERE EXISTS (SELECT FROM candidate))
), kept AS (
  UPDATE x509_certificates SET of_base = false WHERE fingerprint IN (SELECT fingerprint FROM deployed)
  RETURNING false AS removed
), removed AS (
  DELETE FROM x509_certificates
  WHERE fingerprint IN (SELECT fingerprint FROM candidate EXCEPT SELECT fingerprint FROM deployed)
  RETURNING true AS removed
)
SELECT removed FROM removed UNION ALL SELECT removed FROM kept`,
);

const REMOVALS = KINDS.map(({ kind, days, table, expired }) => ({
  kind,
  days,
  remove: statement<object>(
    `retention_${kind}`,
    `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT r.ctid FROM ${table} r WHERE ${expired} LIMIT $2)) RETURNING 1`,
  ),
}));

const BATCH = 1_000;

/**
 * Removes expired rows in batches, so that no other transaction waits.
 *
 * @param onRemoved called after every batch
 */
export async function removeExpired(
  sql: Sql,
  retention: Retention,
  onRemoved: (kind: string, rows: number) => void,
): Promise<void> {
  for (const { kind, days, remove } of REMOVALS)
    for (;;) {
      const rows = await sql.query(remove, [days(retention), BATCH]);
      onRemoved(kind, rows.length);
      if (rows.length < BATCH) break;
    }
  for (;;) {
    const rows = await sql.query(REMOVE_OF_BASES, [BATCH]);
    onRemoved(OF_BASE, rows.filter(({ removed }) => removed).length);
    if (rows.length < BATCH) break;
  }
}
