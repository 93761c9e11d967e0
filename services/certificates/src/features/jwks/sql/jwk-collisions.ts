import type { Refusal } from '../../records/refusal.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

export interface RequestedJwk {
  readonly environmentId: string;
  /** null: keeps its own. */
  readonly name: string | null;
  readonly kid: string;
}

const TAKEN = statement<{ number: number; id: string; name: string; named: boolean; keyed: boolean }>(
  'jwk_collisions',
  `
SELECT w.number, j.id, j.name, coalesce(j.name = w.name, false) AS named, j.kid = w.kid AS keyed
FROM jsonb_to_recordset($1::jsonb) AS w (number integer, environment uuid, name text, kid text)
CROSS JOIN LATERAL (
  SELECT id, name, kid FROM jwks WHERE environment_id = w.environment AND name = w.name
  UNION
  SELECT id, name, kid FROM jwks WHERE environment_id = w.environment AND kid = w.kid
) j
ORDER BY w.number, j.name`,
);

/** Collisions of JWKs, by their index: an environment has a name and a key once. */
export async function jwkCollisions(sql: Sql, requested: readonly RequestedJwk[]): Promise<Map<number, Refusal[]>> {
  const rows = requested.map(({ environmentId, name, kid }, number) => ({
    number,
    environment: environmentId,
    name,
    kid,
  }));
  const found = new Map<number, Refusal[]>();
  for (const { number, id, name, named, keyed } of await sql.query(TAKEN, [JSON.stringify(rows)])) {
    const refusals = found.get(number) ?? [];
    found.set(number, refusals);
    if (named)
      refusals.push({
        code: 'NAME_TAKEN',
        message: 'the environment already has a JWK with this name: choose another name',
        field: ['name'],
        nodeId: id,
      });
    if (keyed)
      refusals.push({
        code: 'KEY_TAKEN',
        message: `the environment already has a JWK with the same key: ${JSON.stringify(name)}; use that one, or delete it first`,
        field: null,
        jwkId: id,
      });
  }
  return found;
}

/** Explains the constraint that a JWK broke. @param requested null: the request did not come so far */
export async function explainJwkCollision(sql: Sql, requested: RequestedJwk | null): Promise<readonly Refusal[]> {
  return requested ? ((await jwkCollisions(sql, [requested])).get(0) ?? []) : [];
}
