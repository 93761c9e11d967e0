import { type PlannedImport, isWritten } from './rules/import-plan.js';
import type { Refusal } from '../records/refusal.js';
import { insertJwks } from '../jwks/sql/insert-jwks.js';
import { jwkCollisions } from '../jwks/sql/jwk-collisions.js';
import type { Request } from '../requests/request.js';
import { type Sql, statement } from '../../platform/postgres/statement.js';
import { writeAudits } from '../audit/sql/write-audit.js';

const LINKED = statement<{ certificate_id: string; environment_id: string; fingerprint: string; number: number }>(
  'linked_jwks',
  `SELECT j.certificate_id, j.environment_id, p.fingerprint, count(*) AS number
   FROM jwks j JOIN definition_environments p USING (certificate_id, environment_id)
   WHERE j.certificate_id = ANY ($1) GROUP BY j.certificate_id, j.environment_id, p.fingerprint`,
);

/** Collisions of imported JWKs, by index of the certificate: an import removes none that exists. */
export async function importJwkCollisions(
  sql: Sql,
  plan: readonly PlannedImport[],
  environmentIds: ReadonlyMap<string, string>,
): Promise<Map<number, Refusal[]>> {
  const requested = plan.flatMap((item, index) =>
    isWritten(item)
      ? item.jwks.map(({ environment, name, jwk }) => ({
          index,
          environment,
          environmentId: environmentIds.get(environment) ?? '',
          name,
          kid: jwk.kid,
        }))
      : [],
  );
  const found = new Map<number, Refusal[]>();
  const taken = requested.length > 0 ? await jwkCollisions(sql, requested) : new Map<number, Refusal[]>();
  for (const [number, { index, environment, name }] of requested.entries()) {
    const refusals = (taken.get(number) ?? []).map((refusal) => ({
      ...refusal,
      message: `JWK ${JSON.stringify(name)} in environment ${environment}: ${refusal.message}`,
      field: ['jwks'],
    }));
    if (refusals.length > 0) found.set(index, [...(found.get(index) ?? []), ...refusals]);
  }
  return found;
}

/** Refuses to replace certificates that JWKs follow: that needs a decision about them, which an import does not have. */
export async function linkedJwks(
  sql: Sql,
  plan: readonly PlannedImport[],
  environmentIds: ReadonlyMap<string, string>,
): Promise<Map<number, Refusal[]>> {
  const replaced = plan.flatMap((item) => (isWritten(item) && item.existing ? [item.id] : []));
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

/** Adds the JWKs of imported certificates, in their transaction. @param action name of the mutation, for the audit */
export async function importJwks(
  sql: Sql,
  request: Request,
  {
    action,
    plan,
    environmentIds,
  }: {
    readonly action: string;
    readonly plan: readonly PlannedImport[];
    readonly environmentIds: ReadonlyMap<string, string>;
  },
): Promise<void> {
  const rows = plan.flatMap(({ id, jwks }) =>
    jwks.map((jwk) => ({ ...jwk, certificateId: id, environmentId: environmentIds.get(jwk.environment) ?? '' })),
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  const added = await insertJwks(sql, rows);
  await writeAudits(
    sql,
    request,
    added.map((after) => {
      const { certificateId = '', environment = '' } = byId.get(after.id) ?? {};
      return { action: 'createJwk', certificateId, after, details: { by: action }, environments: [environment] };
    }),
  );
}
