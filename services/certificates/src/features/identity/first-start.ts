import { newApiToken } from './token.js';
import { addAdminToken } from './sql/api-tokens.js';
import type { Database } from '../../platform/postgres/database.js';
import { BY_SERVICE } from '../requests/request.js';
import { FIRST_START_LOCK } from '../../platform/postgres/installation.js';
import { statement } from '../../platform/postgres/statement.js';
import { writeAudit } from '../audit/sql/write-audit.js';

const TOKENS = statement<{ number: number }>('first_start_tokens', 'SELECT count(*) AS number FROM api_tokens');
/** Makes the admin token when there is no token yet; it is stored only when `handOver` returned. @param days how long it lasts */
export async function ensureAdminToken(
  database: Database,
  days: number | null,
  handOver: (token: string) => void,
): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.query(FIRST_START_LOCK);
    const [row] = await transaction.query(TOKENS);
    if (row?.number !== 0) return;
    const token = newApiToken();
    handOver(token);
    const id = await addAdminToken(transaction, token, days);
    await writeAudit(transaction, BY_SERVICE, { action: 'createApiToken', after: { id, name: 'admin' } });
  });
}
