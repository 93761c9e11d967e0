import { type Sql, statement } from './statement.js';

/** What belongs to an environment, counted. */
export interface EnvironmentCountsRecord {
  readonly id: string;
  readonly certificates: number;
  readonly agents: number;
  readonly jwks: number;
}

const READ = statement<EnvironmentCountsRecord>(
  'environment_counts',
  `SELECT e.id, e.entries AS certificates,
     (SELECT count(*) FROM agents a WHERE a.environment_id = e.id) AS agents,
     (SELECT count(*) FROM jwks j WHERE j.environment_id = e.id) AS jwks
   FROM environments e WHERE e.id = ANY ($1::uuid[])`,
);

/** Of many environments at once. */
export function environmentCounts(sql: Sql, ids: readonly string[]): Promise<EnvironmentCountsRecord[]> {
  return sql.query(READ, [ids]);
}
