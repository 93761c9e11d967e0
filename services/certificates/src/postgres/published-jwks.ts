import { type Sql, statement } from './statement.js';

const READ = statement<{ jwk: string }>(
  'jwks_published',
  `
SELECT k.jwk::text AS jwk FROM (
  SELECT j.jwk, j.created_at AS at, j.kid FROM jwks j WHERE j.environment_id = $1
  UNION ALL
  SELECT r.jwk, 'infinity', r.kid FROM retiring_keys r WHERE r.environment_id = $1 AND r.retires_at > now()
    AND NOT EXISTS (SELECT FROM jwks j WHERE j.environment_id = $1 AND j.kid = r.kid)
) k ORDER BY k.at, k.kid`,
);
const ENVIRONMENT = statement<{ id: string }>('jwks_environment', 'SELECT id FROM environments WHERE name = $1');

/** The JWK set of an environment as JSON (RFC 7517 section 5), retiring keys last; null: no such environment. */
export async function publishedJwks(sql: Sql, environment: string): Promise<string | null> {
  const [row] = await sql.query(ENVIRONMENT, [environment]);
  if (!row) return null;
  const keys = (await sql.query(READ, [row.id])).map(({ jwk }) => jwk);
  return `{"keys":[${keys.join(',')}]}`;
}
