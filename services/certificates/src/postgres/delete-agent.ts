import type { Database } from './database.js';
import { notifyAgents } from './notify.js';
import type { Origin } from './request.js';
import { statement } from './statement.js';
import { writeAudit } from './write-audit.js';

const DELETE = statement<{ id: string; name: string; environment: string }>(
  'agent_delete',
  `DELETE FROM agents a USING environments e WHERE a.id = $1 AND e.id = a.environment_id
   RETURNING a.id, a.name, e.name AS environment`,
);

/** @returns whether there was such an agent */
export function deleteAgent(database: Database, origin: Origin, id: string): Promise<boolean> {
  return database.transaction(async (transaction) => {
    const [before] = await transaction.query(DELETE, [id]);
    if (!before) return false;
    await writeAudit(transaction, origin, { action: 'deleteAgent', before }, { environments: [before.environment] });
    await notifyAgents(transaction, id);
    return true;
  });
}
