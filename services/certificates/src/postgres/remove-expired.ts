import { type Sql, statement } from './statement.js';

/** How many days something is kept that nobody needs any more. */
export interface Retention {
  /** After the request, for whoever repeats it. */
  readonly idempotencyKeysDays: number;
  /** After it was of use: what follows certificates, hosts and JVMs that are gone. */
  readonly leftoversDays: number;
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

export const RETENTION_KINDS = KINDS.map(({ kind }) => kind);

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
 * Removes what has been kept long enough, a batch at a time, so that nobody waits for it.
 *
 * @param onRemoved told of every batch
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
}
