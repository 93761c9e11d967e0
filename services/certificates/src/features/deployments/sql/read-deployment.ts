import type { DeploymentRecord } from '../rules/deployment-progress.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

const READ = statement<{ record: DeploymentRecord & { readonly id: string } }>(
  'deployments',
  `
SELECT json_build_object('id', r.deployment_id, 'environmentId', r.environment_id, 'epoch', r.epoch,
  'revision', r.revision, 'createdAt', r.created_at) AS record
FROM revisions r JOIN environments e ON e.id = r.environment_id
WHERE r.deployment_id = ANY ($1::uuid[])
ORDER BY e.name`,
);

/** One record per deployment and environment; none for a deployment that does not exist. */
export async function readDeployments(
  sql: Sql,
  ids: readonly string[],
): Promise<(DeploymentRecord & { readonly id: string })[]> {
  return (await sql.query(READ, [ids])).map(({ record }) => record);
}

const HEAD = statement<{ head: string | null }>('deployment_head', 'SELECT head FROM environments WHERE id = $1');

/** The latest deployment to an environment, null: there was none; undefined: there is no such environment. */
export async function readHead(sql: Sql, environmentId: string): Promise<{ head: string | null } | undefined> {
  const [environment] = await sql.query(HEAD, [environmentId]);
  return environment;
}
