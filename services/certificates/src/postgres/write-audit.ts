import { type Sql, statement } from './statement.js';

const WRITE = statement<object>('audit_write', 'INSERT INTO audit (actor, action, details) VALUES ($1, $2, $3)');

/** Records who did what, in the transaction that does it. */
export async function writeAudit(sql: Sql, actor: string, action: string, details: object): Promise<void> {
  await sql.query(WRITE, [actor, action, JSON.stringify(details)]);
}
