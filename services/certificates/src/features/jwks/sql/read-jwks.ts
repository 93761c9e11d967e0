import type { JwkRecord } from '../../records/jwk-record.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** Columns of a JWK `j` as a JwkRecord. */
export const JWK_COLUMNS = `
  j.id, j.environment_id AS "environmentId", j.name, j.use, j.algorithm, j.kid, j.jwk, j.fingerprint, j.version,
  to_char(j.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "createdAt",
  to_char(j.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "updatedAt",
  (SELECT json_build_object('certificateId', p.certificate_id, 'definitionId', p.definition_id)
   FROM definition_environments p
   WHERE p.certificate_id = j.certificate_id AND p.environment_id = j.environment_id) AS link,
  (SELECT coalesce(json_agg(json_build_object('kid', r.kid,
      'retiresAt', to_char(r.retires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ORDER BY r.retires_at), '[]')
   FROM retiring_keys r WHERE r.jwk_id = j.id AND r.retires_at > now()) AS retiring`;

const BY_ID = statement<JwkRecord>('jwks_by_id', `SELECT ${JWK_COLUMNS} FROM jwks j WHERE j.id = ANY ($1)`);

export function jwksById(sql: Sql, ids: readonly string[]): Promise<JwkRecord[]> {
  return sql.query(BY_ID, [ids]);
}
