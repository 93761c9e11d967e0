import type { Log } from '@trustcast/config';
import { RELEASED_CURE, releasedAgents } from '../features/agents/sql/released-agents.js';
import type { Sql } from '../platform/postgres/statement.js';

/** Names the agents that a migration took their key from, at each start until somebody has seen to them. */
export async function tellReleased(sql: Sql, log: Log): Promise<void> {
  const agents = await releasedAgents(sql);
  if (agents.length > 0)
    log.warn(RELEASED_CURE, { agents: agents.map(({ environment, name }) => `${environment}/${name}`) });
}
