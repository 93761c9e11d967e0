import { newToken, tokenSha256 } from '../identity/token.js';
import type { Database } from './database.js';
import { BY_SERVICE } from './request.js';
import { type Sql, statement } from './statement.js';
import { writeAudit } from './write-audit.js';

/** One process at a time makes what a first start makes. */
export const FIRST_START_LOCK = statement<object>('first_start_lock', 'SELECT pg_advisory_xact_lock(7305803)');
const TOKENS = statement<{ number: number }>('first_start_tokens', 'SELECT count(*) AS number FROM api_tokens');
const ADD = statement<object>('first_start_add', `INSERT INTO api_tokens (name, token_sha256) VALUES ('admin', $1)`);
const INSTALLATION = statement<{ id: string }>('installation', 'SELECT id FROM installation');
const ORIGIN = statement<{ id: string }>('installation_origin', 'SELECT coalesce(copy_of, id) AS id FROM installation');

/** Makes the admin token when there is no token yet; it is stored only when `handOver` returned. */
export async function ensureAdminToken(database: Database, handOver: (token: string) => void): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.query(FIRST_START_LOCK);
    const [row] = await transaction.query(TOKENS);
    if (row?.number !== 0) return;
    const token = newToken('tca');
    handOver(token);
    await transaction.query(ADD, [tokenSha256(token)]);
    await writeAudit(transaction, BY_SERVICE, { action: 'createApiToken', after: { name: 'admin' } });
  });
}

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
