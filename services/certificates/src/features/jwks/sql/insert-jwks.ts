import type { JwkRecord } from '../../records/jwk-record.js';
import { jwksById } from './read-jwks.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

export type JwkRow = Pick<JwkRecord, 'id' | 'environmentId' | 'name' | 'use' | 'algorithm' | 'jwk' | 'fingerprint'> & {
  readonly certificateId: string;
};

const INSERT = statement<object>(
  'jwks_insert',
  `
WITH added AS (
  SELECT * FROM jsonb_to_recordset($1::jsonb) AS a (id uuid, environment uuid, name text, use text, algorithm text,
    kid text, jwk text, fingerprint text, certificate uuid)
), current AS (
  DELETE FROM retiring_keys k USING added a WHERE k.environment_id = a.environment AND k.kid = a.kid
)
INSERT INTO jwks (id, environment_id, name, use, algorithm, kid, jwk, fingerprint, certificate_id)
SELECT id, environment, name, use, algorithm, kid, jwk::json, fingerprint, certificate FROM added`,
);

/** Inserts JWKs. @returns the stored JWKs */
export async function insertJwks(sql: Sql, jwks: readonly JwkRow[]): Promise<JwkRecord[]> {
  if (jwks.length === 0) return [];
  const rows = jwks.map(({ id, environmentId, name, use, algorithm, jwk, fingerprint, certificateId }) => ({
    id,
    environment: environmentId,
    name,
    use,
    algorithm,
    kid: jwk.kid,
    // A text in the text: what is published stays as it was written.
    jwk: JSON.stringify(jwk),
    fingerprint,
    certificate: certificateId,
  }));
  await sql.query(INSERT, [JSON.stringify(rows)]);
  return jwksById(
    sql,
    jwks.map(({ id }) => id),
  );
}
