import type { HeldEntry, Position, Statement } from '@trustcast/schema';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** The set of the furthest host that is ahead of the database and reported what it holds. */
export interface HeldSetRecord extends Position {
  readonly agent: string | null;
  readonly receivedAt: Date;
  readonly entries: readonly HeldEntry[];
}

/** As for statuses: ahead of the database, or another set at the published position. */
const AHEAD = `FROM environments e LEFT JOIN publications p ON p.environment_id = e.id
  WHERE e.id = $1 AND ((e.epoch, e.revision) < ($2::bigint, $3::bigint)
    OR ((p.epoch, p.revision) = ($2::bigint, $3::bigint) AND p.digest <> $4))`;

const NEWS = statement<object>(
  'held_set_news',
  `SELECT ${AHEAD} AND NOT EXISTS (SELECT FROM held_sets h
     WHERE h.environment_id = e.id AND (h.epoch, h.revision) >= ($2::bigint, $3::bigint))`,
);
const STORE = statement<object>(
  'held_set_store',
  `INSERT INTO held_sets AS h (environment_id, epoch, revision, digest, agent_id, entries, received_at)
   SELECT e.id, $2, $3, $4, $5, $6::jsonb, now() ${AHEAD}
   ON CONFLICT (environment_id) DO UPDATE
   SET epoch = excluded.epoch, revision = excluded.revision, digest = excluded.digest, agent_id = excluded.agent_id,
     entries = excluded.entries, received_at = excluded.received_at
   WHERE (excluded.epoch, excluded.revision) > (h.epoch, h.revision)`,
);
const READ = statement<HeldSetRecord>(
  'held_set',
  `SELECT h.epoch, h.revision, a.name AS agent, h.received_at AS "receivedAt", h.entries
   FROM held_sets h JOIN environments e ON e.id = h.environment_id LEFT JOIN agents a ON a.id = h.agent_id
   WHERE h.environment_id = $1 AND (h.epoch, h.revision) >= (e.epoch, e.revision)`,
);

/** Whether the database is behind a statement, and has no set of its position or of a later one. */
export async function isNews(sql: Sql, { environment, epoch, revision, digest }: Statement): Promise<boolean> {
  return (await sql.query(NEWS, [environment, epoch, revision, digest])).length > 0;
}

/**
 * Stores what a host holds, one set for each environment: the furthest.
 *
 * @param statement verified
 * @param entries JSON of the entries that its digest is of
 */
export async function keepHeldSet(
  sql: Sql,
  agentId: string,
  { environment, epoch, revision, digest }: Statement,
  entries: string,
): Promise<void> {
  await sql.query(STORE, [environment, epoch, revision, digest, agentId, entries]);
}

export async function heldSetOf(sql: Sql, environmentId: string): Promise<HeldSetRecord | null> {
  return (await sql.query(READ, [environmentId]))[0] ?? null;
}
