import type { FollowingJwk } from '../../records/jwk-record.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

const FOLLOWING = statement<FollowingJwk>(
  'following_jwks',
  `SELECT certificate_id AS "certificateId", environment_id AS "environmentId", name, use, algorithm, kid
   FROM jwks WHERE certificate_id = ANY ($1)`,
);

/** The JWKs that follow certificates. Lock the certificates before: then no JWK is added meanwhile. */
export function followingJwks(sql: Sql, certificateIds: readonly string[]): Promise<FollowingJwk[]> {
  return sql.query(FOLLOWING, [certificateIds]);
}
