import { randomUUID } from 'node:crypto';
import type { AgentRecord } from '../domain/agent-record.js';
import { RefusedError } from '../domain/refusal.js';
import { newToken, tokenSha256 } from '../identity/token.js';
import { AgentEntity } from './agent-entity.js';
import { writeAudit } from './write-audit.js';
import type { Database } from './database.js';
import { brokenConstraint } from './errors.js';
import { environmentIds } from './environment-ids.js';
import type { Outcome } from './idempotent.js';
import type { Origin } from './request.js';
import { statement } from './statement.js';

const NAMED = statement<{ id: string }>(
  'agent_named',
  `SELECT a.id FROM agents a JOIN environments e ON e.id = a.environment_id WHERE e.name = $1 AND a.name = $2`,
);

/** Makes an agent and the token that it authenticates with, of which the database keeps a hash. */
export async function createAgent(
  database: Database,
  origin: Origin,
  { environment, name }: { environment: string; name: string },
): Promise<Outcome<{ agent: AgentRecord; token: string }>> {
  const id = randomUUID();
  const token = newToken('tch');
  try {
    return await database.transaction(async (transaction) => {
      const environmentId = (await environmentIds(transaction, [environment])).get(environment) ?? '';
      await transaction.entities.insert(AgentEntity, { id, environmentId, name, tokenSha256: tokenSha256(token) });
      const entry = { action: 'createAgent', after: { id, environment, name } };
      await writeAudit(transaction, origin, entry, { environments: [environment] });
      const agent: AgentRecord = {
        id,
        name,
        environmentId,
        hostname: null,
        agentVersion: null,
        createdAt: new Date().toISOString(),
        registeredAt: null,
        setAside: null,
        status: null,
      };
      return { answer: { agent, token } };
    });
  } catch (error) {
    if (error instanceof RefusedError)
      return { refusals: error.refusals.map((refusal) => ({ ...refusal, field: ['environment'] })) };
    if (brokenConstraint(error) !== 'agents_name_key') throw error;
    const [named] = await database.query(NAMED, [environment, name]);
    const message = 'the environment has an agent with this name';
    return { refusals: [{ code: 'NAME_TAKEN', message, field: ['name'], nodeId: named?.id ?? null }] };
  }
}
