import type { Pool } from 'pg';

const LEADER_LOCK = 7_305_802;

/** The session of PostgreSQL that the relay's leader leads by; null: nobody leads. */
export async function leaderPid(sql: Pool): Promise<number | null> {
  const { rows } = await sql.query<{ pid: number }>(
    `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = $1
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [LEADER_LOCK],
  );
  return rows[0]?.pid ?? null;
}
