import { type Sql, statement } from '../../../platform/postgres/statement.js';

const READ = statement<{ environment: string; seconds: number }>(
  'earliest_ends',
  `SELECT e.name AS environment, extract(epoch FROM min(x.not_after))::double precision AS seconds
   FROM environments e
   JOIN definition_environments p ON p.environment_id = e.id
   JOIN x509_certificates x ON x.fingerprint = p.fingerprint
   GROUP BY e.name`,
);

/** Expiry of the first certificate of each environment to expire, in seconds since the Unix epoch. */
export function earliestEnds(sql: Sql): Promise<{ environment: string; seconds: number }[]> {
  return sql.query(READ);
}
