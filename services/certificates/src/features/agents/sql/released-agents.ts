import { type Sql, statement } from '../../../platform/postgres/statement.js';

export interface ReleasedAgent {
  readonly environment: string;
  readonly name: string;
}

const READ = statement<ReleasedAgent>(
  'agents_released',
  `SELECT e.name AS environment, a.name FROM agents a JOIN environments e ON e.id = a.environment_id
   WHERE a.public_key IS NULL AND a.key_released
   ORDER BY e.name, a.name`,
);

/** Agents that a migration took their key from, because another one has the same, and that have not registered since. */
export function releasedAgents(sql: Sql): Promise<ReleasedAgent[]> {
  return sql.query(READ);
}

/** What somebody has to do about them. */
export const RELEASED_CURE =
  "agents had the same key as another one, which registered later and keeps it: their hosts are UNREACHABLE until each is deleted, or registers anew with its token after the agent's directory, which is a copy of the other host's, was removed there";
