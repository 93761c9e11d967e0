import type { Database } from '../../platform/postgres/database.js';
import { notifyAgents } from '../../platform/postgres/notify.js';
import type { Author } from '../requests/request.js';
import { statement } from '../../platform/postgres/statement.js';
import { writeAudit } from '../audit/sql/write-audit.js';

const FORGET_KEY = statement<{ id: string; name: string; environment: string; hostname: string | null }>(
  'agent_forget_key',
  `UPDATE agents a SET public_key = NULL FROM environments e WHERE a.id = $1 AND e.id = a.environment_id
   RETURNING a.id, a.name, e.name AS environment, a.hostname`,
);

/** Forgets the key of an agent, so that the next one that registers with its token is believed. @returns whether there was such an agent */
export function reenrolAgent(database: Database, origin: Author, id: string): Promise<boolean> {
  return database.transaction(async (transaction) => {
    const [agent] = await transaction.query(FORGET_KEY, [id]);
    if (!agent) return false;
    await writeAudit(
      transaction,
      origin,
      { action: 'reenrolAgent', after: agent },
      { environments: [agent.environment] },
    );
    await notifyAgents(transaction, id);
    return true;
  });
}
