import { type Sql, statement } from './statement.js';

const NOTIFY = statement<object>('notify', 'SELECT pg_notify($1, $2)');

/** Notifies every process that its cached data of an agent is stale. */
export async function notifyAgents(sql: Sql, agentId: string): Promise<void> {
  await sql.query(NOTIFY, ['trustcast_agents', agentId]);
}

/** Notifies the relay that an environment has a revision to publish. */
export async function notifyRevisions(sql: Sql, environmentId: string): Promise<void> {
  await sql.query(NOTIFY, ['trustcast_revisions', environmentId]);
}
