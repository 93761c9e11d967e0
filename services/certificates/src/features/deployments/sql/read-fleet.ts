import { UNREACHABLE_AFTER_MS } from '@trustcast/schema';
import type { Fleet, FleetAgent } from '../rules/deployment-progress.js';
import { IS_DUPLICATE } from '../../agents/sql/is-duplicate.js';
import { AGENT_JSON } from '../../agents/sql/read-agents.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** How long ago an agent `a` with status `s` was heard. */
export const HEARD = `CASE WHEN s.agent_id IS NULL THEN 'NEVER'
  WHEN s.received_at < clock_timestamp() - interval '${UNREACHABLE_AFTER_MS} milliseconds' THEN 'LONG_AGO'
  ELSE 'LATELY' END`;

/** Whether an agent `a` has a token and was never heard. */
export const UNREGISTERED = 'a.joined_revision IS NULL AND s.agent_id IS NULL';

/** Hosts and JVMs with the same facts are counted: a fleet in step is a handful of rows, however large. */
const FLEETS = statement<Fleet & { environmentId: string }>(
  'fleets',
  `
SELECT w.id AS "environmentId", (
    SELECT coalesce(json_agg(json_build_object('joinedRevision', joined_revision, 'heard', heard, 'diverged', diverged,
      'duplicate', duplicate, 'incomplete', incomplete, 'state', state, 'written', CASE WHEN written_epoch IS NOT NULL
        THEN json_build_object('epoch', written_epoch, 'revision', written_revision) END, 'number', number)), '[]')
    FROM (
      SELECT a.joined_revision, ${HEARD} AS heard, coalesce(s.diverged, false) AS diverged,
        coalesce(s.incomplete, false) AS incomplete, s.state, s.written_epoch, s.written_revision, ${IS_DUPLICATE} AS duplicate, count(*) AS number
      FROM agents a LEFT JOIN agent_statuses s ON s.agent_id = a.id
      WHERE a.environment_id = w.id AND a.set_aside_at IS NULL AND NOT (${UNREGISTERED})
      GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
    ) h
  ) AS hosts, (
    SELECT coalesce(json_agg(json_build_object(
      'host', json_build_object('joinedRevision', host_joined, 'heard', heard, 'diverged', diverged, 'duplicate', duplicate),
      'joinedRevision', jvm_joined, 'state', state, 'at', position, 'number', number)), '[]')
    FROM (
      SELECT a.joined_revision AS host_joined, ${HEARD} AS heard, s.diverged, t.joined_revision AS jvm_joined,
        j.state, j.at AS position, ${IS_DUPLICATE} AS duplicate, count(*) AS number
      FROM agent_statuses s JOIN agents a ON a.id = s.agent_id
      CROSS JOIN LATERAL jsonb_to_recordset(s.jvms) AS j (id uuid, state text, at jsonb)
      LEFT JOIN target_jvms t ON t.agent_id = s.agent_id AND t.jvm_id = j.id
      WHERE s.environment_id = w.id AND a.set_aside_at IS NULL AND j.state <> 'UNMANAGED'
      GROUP BY 1, 2, 3, 4, 5, 6, 7
    ) j
  ) AS jvms, (
    SELECT count(*)::integer FROM agents a WHERE a.environment_id = w.id AND a.set_aside_at IS NOT NULL
  ) AS "setAside", (
    SELECT count(*)::integer FROM agents a LEFT JOIN agent_statuses s ON s.agent_id = a.id
    WHERE a.environment_id = w.id AND a.set_aside_at IS NULL AND ${UNREGISTERED}
  ) AS unregistered
FROM unnest($1::uuid[]) AS w (id)`,
);

/** The fleets of environments, by environment. */
export async function readFleets(sql: Sql, environmentIds: readonly string[]): Promise<Map<string, Fleet>> {
  const rows = await sql.query(FLEETS, [environmentIds]);
  return new Map(rows.map(({ environmentId, ...fleet }) => [environmentId, fleet]));
}

const AGENTS = statement<{ environmentId: string; agent: FleetAgent }>(
  'fleet_agents',
  `
SELECT a.environment_id AS "environmentId", ${AGENT_JSON}::jsonb || jsonb_build_object(
  'joinedRevision', a.joined_revision, 'jvmsJoined', coalesce((
    SELECT jsonb_object_agg(replace(t.jvm_id::text, '-', ''), t.joined_revision) FROM target_jvms t
    WHERE t.agent_id = a.id AND t.left_at IS NULL), '{}')) AS agent
FROM agents a LEFT JOIN agent_statuses s ON s.agent_id = a.id
WHERE a.environment_id = ANY ($1::uuid[]) AND a.set_aside_at IS NULL
ORDER BY a.name`,
);

/** Every agent of environments that counts, by name, by environment. */
export async function readFleetAgents(
  sql: Sql,
  environmentIds: readonly string[],
): Promise<Map<string, readonly FleetAgent[]>> {
  const rows = await sql.query(AGENTS, [environmentIds]);
  const found = new Map<string, FleetAgent[]>(environmentIds.map((id) => [id, []]));
  for (const { environmentId, agent } of rows) found.get(environmentId)?.push(agent);
  return found;
}
