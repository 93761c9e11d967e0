import type { AgentRecord } from '../records/agent-record.js';
import type { Database } from '../../platform/postgres/database.js';
import { notifyAgents } from '../../platform/postgres/notify.js';
import { agentRecord } from './sql/read-agents.js';
import type { Author } from '../requests/request.js';
import { statement } from '../../platform/postgres/statement.js';
import { writeAudit } from '../audit/sql/write-audit.js';

interface Changed {
  readonly id: string;
  readonly name: string;
  readonly environment: string;
}

const SET_ASIDE = statement<Changed>(
  'agent_set_aside',
  `UPDATE agents a SET set_aside_at = now(), set_aside_by = $2, set_aside_reason = $3
   FROM environments e WHERE a.id = $1 AND e.id = a.environment_id AND a.set_aside_at IS NULL
   RETURNING a.id, a.name, e.name AS environment`,
);

const RETURN = statement<Changed>(
  'agent_return',
  `UPDATE agents a SET set_aside_at = NULL, set_aside_by = NULL, set_aside_reason = NULL
   FROM environments e
   WHERE a.id = $1 AND e.id = a.environment_id AND a.set_aside_at IS NOT NULL AND a.revoked_at IS NULL
   RETURNING a.id, a.name, e.name AS environment`,
);

/**
 * Takes a host out of what deployments count, with a reason; what it reports is still kept. One that is set aside already
 * stays as it is.
 *
 * @returns null: there is no such agent
 */
export function setAgentAside(
  database: Database,
  origin: Author,
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<AgentRecord | null> {
  return database.transaction(async (transaction) => {
    const [changed] = await transaction.query(SET_ASIDE, [id, origin.actor, reason]);
    if (changed) {
      const entry = { action: 'setAgentAside', after: changed, details: { reason } };
      await writeAudit(transaction, origin, entry, { environments: [changed.environment] });
      await notifyAgents(transaction, id);
    }
    return agentRecord(transaction, id);
  });
}

/** Lets a host count again, in every deployment that it counted in; one that is revoked does not. @returns null: there is no such agent */
export function returnAgent(database: Database, origin: Author, id: string): Promise<AgentRecord | null> {
  return database.transaction(async (transaction) => {
    const [changed] = await transaction.query(RETURN, [id]);
    if (changed) {
      await writeAudit(
        transaction,
        origin,
        { action: 'returnAgent', after: changed },
        { environments: [changed.environment] },
      );
      await notifyAgents(transaction, id);
    }
    return agentRecord(transaction, id);
  });
}
