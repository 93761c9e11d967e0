import type { Database } from '../../../platform/postgres/database.js';
import { notifyAgents } from '../../../platform/postgres/notify.js';
import type { Author } from '../../requests/request.js';
import { statement } from '../../../platform/postgres/statement.js';
import { writeAudit } from '../../audit/sql/write-audit.js';

// What was set aside by hand stays so; what a revocation set aside counts again once the host is back.
const FORGET_KEY = statement<{ id: string; name: string; environment: string; hostname: string | null }>(
  'agent_forget_key',
  `UPDATE agents a SET public_key = NULL, previous_key = NULL, previous_key_until = NULL,
     revoked_at = NULL, revoked_by = NULL, revoked_reason = NULL,
     set_aside_at = CASE WHEN a.set_aside_at = a.revoked_at THEN NULL ELSE a.set_aside_at END,
     set_aside_by = CASE WHEN a.set_aside_at = a.revoked_at THEN NULL ELSE a.set_aside_by END,
     set_aside_reason = CASE WHEN a.set_aside_at = a.revoked_at THEN NULL ELSE a.set_aside_reason END
   FROM environments e WHERE a.id = $1 AND e.id = a.environment_id
   RETURNING a.id, a.name, e.name AS environment, a.hostname`,
);

/**
 * Forgets the key of an agent, and that it was revoked, so that the next host that enrolls under its name, or registers with its
 * token, is believed.
 *
 * @returns whether there was such an agent
 */
export function reenrollAgent(database: Database, origin: Author, id: string): Promise<boolean> {
  return database.transaction(async (transaction) => {
    const [agent] = await transaction.query(FORGET_KEY, [id]);
    if (!agent) return false;
    await writeAudit(
      transaction,
      origin,
      { action: 'reenrollAgent', after: agent },
      { environments: [agent.environment] },
    );
    await notifyAgents(transaction, id);
    return true;
  });
}
