import { AgentEntity } from './agent-entity.js';
import type { Database } from './database.js';
import { notifyAgents } from './notify.js';
import { writeAudit } from './write-audit.js';

/** @returns whether there was such an agent */
export function deleteAgent(database: Database, actor: string, id: string): Promise<boolean> {
  return database.transaction(async (transaction) => {
    const { affected } = await transaction.entities.delete(AgentEntity, { id });
    if (affected !== 1) return false;
    await writeAudit(transaction, actor, 'deleteAgent', { id });
    await notifyAgents(transaction, id);
    return true;
  });
}
