import type { AgentRecord } from '../domain/agent-record.js';
import { type Sql, statement } from './statement.js';

/** An agent `a` with its status `s` as the JSON of an AgentRecord. */
export const AGENT_JSON = `json_build_object('id', a.id, 'name', a.name, 'environmentId', a.environment_id,
  'hostname', coalesce(s.hostname, a.hostname), 'agentVersion', coalesce(s.agent_version, a.agent_version),
  'createdAt', a.created_at, 'registeredAt', a.registered_at,
  'status', CASE WHEN s.agent_id IS NOT NULL THEN json_build_object(
    'receivedAt', s.received_at,
    'ageMs', (extract(epoch FROM clock_timestamp() - s.received_at) * 1000)::bigint,
    'state', s.state, 'reason', s.reason,
    'written', CASE WHEN s.written_epoch IS NOT NULL
      THEN json_build_object('epoch', s.written_epoch, 'revision', s.written_revision) END,
    'managed', s.managed, 'base', s.base, 'clockOffsetMs', s.clock_offset_ms, 'refused', s.refused,
    'jvms', s.jvms, 'diverged', s.diverged) END)`;

const OF_ENVIRONMENT = statement<{ agent: AgentRecord }>(
  'agents_of_environment',
  `SELECT ${AGENT_JSON} AS agent
   FROM environments e JOIN agents a ON a.environment_id = e.id LEFT JOIN agent_statuses s ON s.agent_id = a.id
   WHERE e.name = $1 ORDER BY a.name`,
);

const BY_ID = statement<{ agent: AgentRecord }>(
  'agent_record',
  `SELECT ${AGENT_JSON} AS agent FROM agents a LEFT JOIN agent_statuses s ON s.agent_id = a.id WHERE a.id = $1`,
);

export async function agentRecord(sql: Sql, id: string): Promise<AgentRecord | null> {
  return (await sql.query(BY_ID, [id]))[0]?.agent ?? null;
}

export async function agentsOfEnvironment(sql: Sql, environment: string): Promise<AgentRecord[]> {
  return (await sql.query(OF_ENVIRONMENT, [environment])).map(({ agent }) => agent);
}
