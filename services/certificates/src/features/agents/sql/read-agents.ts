import type { AgentRecord } from '../../records/agent-record.js';
import type { Page } from '../../records/paging/page.js';
import { DUPLICATE_JSON, IS_DUPLICATE } from './is-duplicate.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** An agent `a` with its status `s` as the JSON of an AgentRecord. */
export const AGENT_JSON = `json_build_object('id', a.id, 'name', a.name, 'environmentId', a.environment_id,
  'hostname', coalesce(s.hostname, a.hostname), 'agentVersion', coalesce(s.agent_version, a.agent_version),
  'createdAt', a.created_at, 'registeredAt', a.registered_at, 'joined', a.joined_revision IS NOT NULL,
  'setAside', CASE WHEN a.set_aside_at IS NOT NULL
    THEN json_build_object('at', a.set_aside_at, 'by', a.set_aside_by, 'reason', a.set_aside_reason) END,
  'revoked', CASE WHEN a.revoked_at IS NOT NULL
    THEN json_build_object('at', a.revoked_at, 'by', a.revoked_by, 'reason', a.revoked_reason) END,
  'status', CASE WHEN s.agent_id IS NOT NULL THEN json_build_object(
    'receivedAt', s.received_at,
    'ageMs', (extract(epoch FROM clock_timestamp() - s.received_at) * 1000)::bigint,
    'lateMs', s.late_ms, 'clocksCompared', s.clocks_compared, 'state', s.state, 'reason', s.reason,
    'written', CASE WHEN s.written_epoch IS NOT NULL
      THEN json_build_object('epoch', s.written_epoch, 'revision', s.written_revision) END,
    'managed', s.managed, 'base', s.base, 'facts', s.facts, 'clockOffsetMs', s.clock_offset_ms, 'refused', s.refused,
    'jvms', s.jvms, 'leftOut', s.left_out, 'incomplete', s.incomplete,
    'quarantine', s.quarantine, 'diverged', s.diverged, 'bootId', s.boot_id,
    'duplicate', CASE WHEN ${IS_DUPLICATE} THEN ${DUPLICATE_JSON} END) END)`;

const ofEnvironment = (direction: 'ASC' | 'DESC') =>
  statement<{ agent: AgentRecord }>(
    `agents_of_environment_${direction.toLowerCase()}`,
    `SELECT ${AGENT_JSON} AS agent FROM agents a LEFT JOIN agent_statuses s ON s.agent_id = a.id
     WHERE a.environment_id = $1 AND ($2::text IS NULL OR a.name > $2) AND ($3::text IS NULL OR a.name < $3)
     ORDER BY a.name ${direction} LIMIT $4`,
  );

const COUNT = statement<{ number: number }>(
  'agents_count',
  'SELECT count(*) AS number FROM agents WHERE environment_id = $1',
);

const BY_ID = statement<{ agent: AgentRecord }>(
  'agent_record',
  `SELECT ${AGENT_JSON} AS agent FROM agents a LEFT JOIN agent_statuses s ON s.agent_id = a.id WHERE a.id = $1`,
);

export async function agentRecord(sql: Sql, id: string): Promise<AgentRecord | null> {
  return (await sql.query(BY_ID, [id]))[0]?.agent ?? null;
}

/** One page by name, which is its cursor, from the end that it begins at, and one agent more when there is one. */
export async function agentsOfEnvironment(
  sql: Sql,
  environmentId: string,
  { size, after, before, backward }: Page<string>,
): Promise<AgentRecord[]> {
  const read = ofEnvironment(backward ? 'DESC' : 'ASC');
  return (await sql.query(read, [environmentId, after, before, size + 1])).map(({ agent }) => agent);
}

export async function countAgents(sql: Sql, environmentId: string): Promise<number> {
  return (await sql.query(COUNT, [environmentId]))[0]?.number ?? 0;
}
