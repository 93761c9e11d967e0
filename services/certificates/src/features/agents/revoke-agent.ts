import type { AgentRecord } from '../records/agent-record.js';
import type { Database } from '../../platform/postgres/database.js';
import { notifyAgents } from '../../platform/postgres/notify.js';
import { agentRecord } from './sql/read-agents.js';
import type { Author } from '../requests/request.js';
import { statement } from '../../platform/postgres/statement.js';
import { writeAudit } from '../audit/sql/write-audit.js';

// It is out of what deployments count from then on, as a host that was set aside: it can prove nothing any more.
const REVOKE = statement<{ id: string; name: string; environment: string }>(
  'agent_revoke',
  `UPDATE agents a SET revoked_at = now(), revoked_by = $2, revoked_reason = $3,
     set_aside_at = coalesce(a.set_aside_at, now()), set_aside_by = coalesce(a.set_aside_by, $2),
     set_aside_reason = coalesce(a.set_aside_reason, $3)
   FROM environments e WHERE a.id = $1 AND e.id = a.environment_id AND a.revoked_at IS NULL
   RETURNING a.id, a.name, e.name AS environment`,
);

/**
 * Takes from an agent what it could do: its key and its token are refused, and it is named. One that is revoked already stays as it is.
 *
 * @returns null: there is no such agent
 */
export function revokeAgent(
  database: Database,
  origin: Author,
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<AgentRecord | null> {
  return database.transaction(async (transaction) => {
    const [revoked] = await transaction.query(REVOKE, [id, origin.actor, reason]);
    if (revoked) {
      const entry = { action: 'revokeAgent', after: revoked, details: { reason } };
      await writeAudit(transaction, origin, entry, { environments: [revoked.environment] });
      await notifyAgents(transaction, id);
    }
    return agentRecord(transaction, id);
  });
}
