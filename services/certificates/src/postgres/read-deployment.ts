import type { AgentRecord } from '../domain/agent-record.js';
import type { DeploymentRecord } from '../domain/deployment-progress.js';
import { AGENT_JSON } from './read-agents.js';
import { type Sql, statement } from './statement.js';

type Row = Omit<DeploymentRecord, 'agents'> & { readonly id: string; readonly agents: readonly AgentRecord[] | null };

/** The agents of an environment come once, however many deployments to it are read. */
const READ = statement<{ record: Row }>(
  'deployments',
  `
SELECT json_build_object('id', r.deployment_id, 'environmentId', r.environment_id, 'epoch', r.epoch,
  'revision', r.revision, 'createdAt', r.created_at, 'targetAgents', r.target_agents, 'targetJvms', r.target_jvms,
  'agents', CASE WHEN row_number() OVER (PARTITION BY r.environment_id) = 1 THEN
    (SELECT coalesce(json_agg(${AGENT_JSON} ORDER BY a.name), '[]')
     FROM agents a LEFT JOIN agent_statuses s ON s.agent_id = a.id WHERE a.environment_id = r.environment_id) END) AS record
FROM revisions r JOIN environments e ON e.id = r.environment_id
WHERE r.deployment_id = ANY ($1::uuid[])
ORDER BY e.name`,
);

/** One record per deployment and environment; none of a deployment that there is not. */
export async function readDeployments(
  sql: Sql,
  ids: readonly string[],
): Promise<(DeploymentRecord & { readonly id: string })[]> {
  const rows = (await sql.query(READ, [ids])).map(({ record }) => record);
  const agents = new Map(rows.flatMap((row) => (row.agents ? [[row.environmentId, row.agents]] : [])));
  return rows.map((row) => ({ ...row, agents: agents.get(row.environmentId) ?? [] }));
}

const HEAD = statement<{ head: string | null }>('deployment_head', 'SELECT head FROM environments WHERE id = $1');

/** The latest deployment to an environment, null: there was none; undefined: there is no such environment. */
export async function readHead(sql: Sql, environmentId: string): Promise<{ head: string | null } | undefined> {
  const [environment] = await sql.query(HEAD, [environmentId]);
  return environment;
}
