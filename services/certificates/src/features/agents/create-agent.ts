import { randomUUID } from 'node:crypto';
import type { AgentRecord } from '../records/agent-record.js';
import { type TokenSeed, derivedAgentToken, newAgentToken, newSalt, tokenSha256 } from '../identity/token.js';
import { AgentEntity } from './sql/agent-entity.js';
import { writeAudit } from '../audit/sql/write-audit.js';
import type { Database } from '../../platform/postgres/database.js';
import { environmentIds } from '../environments/sql/environment-ids.js';
import { type Result, accepted, rejected } from '../records/result.js';
import { idempotent, storeAnswer } from '../requests/idempotent.js';
import type { Request } from '../requests/request.js';
import { statement } from '../../platform/postgres/statement.js';

const NAMED = statement<{ id: string }>(
  'agent_named',
  `SELECT a.id FROM agents a JOIN environments e ON e.id = a.environment_id WHERE e.name = $1 AND a.name = $2`,
);

const OPENS = statement<object>('agent_opens', 'SELECT FROM agents WHERE id = $1 AND token_sha256 = $2');

export interface NewAgent {
  readonly environment: string;
  readonly name: string;
  /** What tokens of requests with an idempotency key are derived from, so that a retry is answered with the same one. */
  readonly tokenSecret: Buffer;
}

/** Makes an agent and the token that it authenticates with, of which the database keeps a hash. */
export async function createAgent(
  database: Database,
  request: Request,
  { environment, name, tokenSecret }: NewAgent,
): Promise<Result<{ agent: AgentRecord; token: string }>> {
  const random = newAgentToken();
  const tokenOf = (seed: TokenSeed) =>
    request.idempotencyKey === null ? random : derivedAgentToken(tokenSecret, seed);
  const attempt = (): Promise<AgentRecord & TokenSeed> =>
    database.transaction(async (transaction) => {
      const seed: TokenSeed = { id: randomUUID(), salt: newSalt() };
      const { id } = seed;
      const environmentId = (await environmentIds(transaction, [environment])).get(environment) ?? '';
      const hash = tokenSha256(tokenOf(seed));
      await transaction.entities.insert(AgentEntity, { id, environmentId, name, tokenSha256: hash });
      const entry = { action: 'createAgent', after: { id, environment, name } };
      await writeAudit(transaction, request, entry, { environments: [environment] });
      const agent: AgentRecord & TokenSeed = {
        ...seed,
        name,
        environmentId,
        hostname: null,
        agentVersion: null,
        createdAt: new Date().toISOString(),
        registeredAt: null,
        joined: false,
        setAside: null,
        revoked: null,
        status: null,
      };
      await storeAnswer(transaction, request, agent);
      return agent;
    });
  const made = await idempotent(database, request, attempt, async () => {
    const [named] = await database.query(NAMED, [environment, name]);
    const message = 'the environment has an agent with this name: choose another name, or delete that agent first';
    return named ? [{ code: 'NAME_TAKEN', message, field: ['name'], nodeId: named.id }] : [];
  });
  if (!made.ok)
    return rejected(
      ...made.refusals.map((refusal) =>
        refusal.code === 'ENVIRONMENT_NOT_FOUND' ? { ...refusal, field: ['environment'] } : refusal,
      ),
    );
  const { salt, ...agent } = made.value;
  const token = tokenOf({ id: agent.id, salt });
  if ((await database.query(OPENS, [agent.id, tokenSha256(token)])).length > 0) return accepted({ agent, token });
  // Deleted since, or the service signs with another key by now.
  const message = 'the agent was created, and its token cannot be shown again: delete it and create another one';
  return rejected({ code: 'INVALID_INPUT', message, field: ['idempotencyKey'] });
}
