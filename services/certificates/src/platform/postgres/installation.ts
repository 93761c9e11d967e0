import { type Sql, statement } from './statement.js';

/** Lock for the work of a first start, which one process at a time does. */
export const FIRST_START_LOCK = statement<object>('first_start_lock', 'SELECT pg_advisory_xact_lock(7305803)');
const INSTALLATION = statement<{ id: string }>('installation', 'SELECT id FROM installation');
const ORIGIN = statement<{ id: string }>('installation_origin', 'SELECT coalesce(copy_of, id) AS id FROM installation');

export async function installationId(sql: Sql): Promise<string> {
  const [row] = await sql.query(INSTALLATION);
  if (!row) throw new Error('the database has no installation');
  return row.id;
}

/** Where the chain of the audit begins: a copy that became another installation goes on with the original's. */
export async function auditOrigin(sql: Sql): Promise<string> {
  const [row] = await sql.query(ORIGIN);
  return row?.id ?? (await installationId(sql));
}
