import { UNREGISTERED } from './read-fleet.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** Numbers of what belongs to an environment. */
export interface EnvironmentCountsRecord {
  readonly id: string;
  readonly certificates: number;
  readonly agents: number;
  readonly unregistered: number;
  readonly setAside: number;
  readonly jwks: number;
}

const READ = statement<EnvironmentCountsRecord>(
  'environment_counts',
  `SELECT e.id, e.entries AS certificates,
     a.agents, a.unregistered, a."setAside",
     (SELECT count(*) FROM jwks j WHERE j.environment_id = e.id) AS jwks
   FROM environments e CROSS JOIN LATERAL (
     SELECT count(*) AS agents, count(*) FILTER (WHERE a.set_aside_at IS NOT NULL) AS "setAside",
       count(*) FILTER (WHERE a.set_aside_at IS NULL AND ${UNREGISTERED}) AS unregistered
     FROM agents a LEFT JOIN agent_statuses s ON s.agent_id = a.id WHERE a.environment_id = e.id
   ) a
   WHERE e.id = ANY ($1::uuid[])`,
);

/** Counts of many environments. */
export function environmentCounts(sql: Sql, ids: readonly string[]): Promise<EnvironmentCountsRecord[]> {
  return sql.query(READ, [ids]);
}
