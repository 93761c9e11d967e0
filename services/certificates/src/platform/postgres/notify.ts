import { type Sql, statement } from './statement.js';

const NOTIFY = statement<object>('notify', 'SELECT pg_notify($1, $2)');

/** Tells every process that what it remembers of an agent is no longer so. */
export async function notifyAgents(sql: Sql, agentId: string): Promise<void> {
  await sql.query(NOTIFY, ['trustcast_agents', agentId]);
}

/** Tells the relay that an environment has something to publish. */
export async function notifyRevisions(sql: Sql, environmentId: string): Promise<void> {
  await sql.query(NOTIFY, ['trustcast_revisions', environmentId]);
}
