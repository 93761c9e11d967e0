import { type Sql, statement } from '../../../platform/postgres/statement.js';

const FILL = statement<{ start: number }>('history_fill', `SELECT fill_history($1, '-infinity') AS start`);
const FILL_RECENT = statement<object>(
  'history_fill_recent',
  `SELECT fill_history(e.id, now() - interval '1 day') FROM environments e`,
);

/**
 * Fills in what a process of the release before deployed to an environment, which did not write its history.
 *
 * @returns the first revision whose entries are known
 */
export async function fillHistory(sql: Sql, environmentId: string): Promise<number> {
  return (await sql.query(FILL, [environmentId]))[0]?.start ?? 0;
}

/** The same for all environments and their latest revisions, while a rolling update may still go on. */
export async function fillRecentHistory(sql: Sql): Promise<void> {
  await sql.query(FILL_RECENT);
}
