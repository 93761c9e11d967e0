import { type PlannedImport, changes } from '../domain/import-plan.js';
import type { Refusal } from '../domain/refusal.js';
import { type Sql, statement } from './statement.js';

const LINKED = statement<{ certificate_id: string; environment_id: string; fingerprint: string; number: number }>(
  'linked_jwks',
  `SELECT j.certificate_id, j.environment_id, p.fingerprint, count(*) AS number
   FROM jwks j JOIN definition_environments p USING (certificate_id, environment_id)
   WHERE j.certificate_id = ANY ($1) GROUP BY j.certificate_id, j.environment_id, p.fingerprint`,
);

/** Replacing what JWKs are linked to needs a decision about them, which no import brings. */
export async function linkedJwks(
  sql: Sql,
  plan: readonly PlannedImport[],
  environmentIds: ReadonlyMap<string, string>,
): Promise<Map<number, Refusal[]>> {
  const replaced = plan.flatMap((item) => (changes(item) && item.existing ? [item.id] : []));
  const rows = replaced.length > 0 ? await sql.query(LINKED, [replaced]) : [];
  const found = new Map<number, Refusal[]>();
  for (const row of rows) {
    const index = plan.findIndex(({ id }) => id === row.certificate_id);
    const stays = plan[index]?.definitions.some(
      ({ environments, fingerprint }) =>
        fingerprint === row.fingerprint && environments.some((name) => environmentIds.get(name) === row.environment_id),
    );
    if (stays) continue;
    const message = `${row.number} JWKs are linked to it: change it by itself, with a decision about them`;
    found.set(index, [{ code: 'INVALID_INPUT', message, field: ['definitions'] }]);
  }
  return found;
}
