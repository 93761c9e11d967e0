import type { DeploymentRecord } from '../domain/deployment-progress.js';
import { AGENT_JSON } from './read-agents.js';
import { type Sql, statement } from './statement.js';

const READ = statement<{ record: DeploymentRecord }>(
  'deployment',
  `
SELECT json_build_object('environmentId', r.environment_id, 'epoch', r.epoch, 'revision', r.revision,
  'createdAt', r.created_at, 'targetAgents', r.target_agents, 'targetJvms', r.target_jvms,
  'agents', (SELECT coalesce(json_agg(${AGENT_JSON} ORDER BY a.name), '[]')
    FROM agents a LEFT JOIN agent_statuses s ON s.agent_id = a.id WHERE a.environment_id = r.environment_id)) AS record
FROM revisions r JOIN environments e ON e.id = r.environment_id
WHERE r.deployment_id = $1
ORDER BY e.name`,
);

/** One record per environment; none when there is no such deployment. */
export async function readDeployment(sql: Sql, id: string): Promise<DeploymentRecord[]> {
  return (await sql.query(READ, [id])).map(({ record }) => record);
}

const HEAD = statement<{ head: string | null }>('deployment_head', 'SELECT head FROM environments WHERE id = $1');

/** The latest deployment to an environment, null: there was none; undefined: there is no such environment. */
export async function readHead(sql: Sql, environmentId: string): Promise<{ head: string | null } | undefined> {
  const [environment] = await sql.query(HEAD, [environmentId]);
  return environment;
}
