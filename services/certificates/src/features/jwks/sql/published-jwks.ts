import { type Sql, statement } from '../../../platform/postgres/statement.js';

const READ = statement<{ name: string; keys: string | null }>(
  'jwks_published',
  `
SELECT e.name, string_agg(k.jwk::text, ',' ORDER BY k.at, k.kid) AS keys
FROM environments e LEFT JOIN LATERAL (
  SELECT j.jwk, j.created_at AS at, j.kid FROM jwks j WHERE j.environment_id = e.id
  UNION ALL
  SELECT r.jwk, 'infinity', r.kid FROM retiring_keys r WHERE r.environment_id = e.id AND r.retires_at > now()
    AND NOT EXISTS (SELECT FROM jwks j WHERE j.environment_id = e.id AND j.kid = r.kid)
) k ON true
WHERE e.name = ANY ($1)
GROUP BY e.name`,
);
/** The JWK sets of environments as JSON (RFC 7517 section 5), retiring keys last, by name of the environment. */
export async function publishedJwks(sql: Sql, environments: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
  const rows = await sql.query(READ, [environments]);
  return new Map(rows.map(({ name, keys }) => [name, Buffer.from(`{"keys":[${keys ?? ''}]}`)]));
}
