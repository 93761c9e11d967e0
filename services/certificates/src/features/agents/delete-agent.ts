import type { Database } from '../../platform/postgres/database.js';
import { notifyAgents } from '../../platform/postgres/notify.js';
import type { Author } from '../requests/request.js';
import { statement } from '../../platform/postgres/statement.js';
import { writeAudit } from '../audit/sql/write-audit.js';
import { agentRecord } from './sql/read-agents.js';
import type { AgentRecord } from '../records/agent-record.js';

const DELETE = statement<{ id: string; name: string; environment: string }>(
  'agent_delete',
  `DELETE FROM agents a USING environments e WHERE a.id = $1 AND e.id = a.environment_id
   RETURNING a.id, a.name, e.name AS environment`,
);

/** @returns the agent as it was; null: there was no such agent */
export function deleteAgent(database: Database, origin: Author, id: string): Promise<AgentRecord | null> {
  return database.transaction(async (transaction) => {
    const agent = await agentRecord(transaction, id);
    const [before] = await transaction.query(DELETE, [id]);
    if (!agent || !before) return null;
    await writeAudit(transaction, origin, { action: 'deleteAgent', before }, { environments: [before.environment] });
    await notifyAgents(transaction, id);
    return agent;
  });
}
