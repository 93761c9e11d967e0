import type { Refusal } from '../../records/refusal.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';
import { innerCollisions } from '../rules/collisions.js';
import type { PlannedDefinition } from '../rules/definition-input.js';
import { pathed } from '../../records/refusal-paths.js';
import { outerCollisions } from './explain-collision.js';

/** A certificate that a request changes together with others. */
interface ChangedCertificate {
  readonly at: readonly string[];
  readonly id: string;
  readonly name: string;
  /** null: it is created. */
  readonly before: object | null;
  /** null: it is deleted. */
  readonly texts: object | null;
  readonly plan: { readonly definitions: readonly PlannedDefinition[] };
}

interface Owners {
  readonly owner: string | null;
  readonly takeOver: boolean;
  /** By id of the certificate. */
  readonly owners: ReadonlyMap<string, string>;
}

const NAMED = statement<{ id: string; name: string }>(
  'certificates_named',
  'SELECT id, name FROM certificates WHERE name = ANY ($1)',
);

/** Reasons several changes cannot be made together: names, owners, aliases and X.509 certificates. */
export async function refusalsOfSeveral(
  sql: Sql,
  changes: readonly ChangedCertificate[],
  owners: Owners,
): Promise<Refusal[]> {
  const claims = changes.map(({ id, name, plan }) => ({ id, name, definitions: plan.definitions, jwks: [] }));
  const [inner, outer] = [innerCollisions(claims), await outerCollisions(sql, claims)];
  return [
    ...(await nameRefusals(sql, changes)),
    ...ownerRefusals(changes, owners),
    ...changes.flatMap(({ at }, index) =>
      [...(inner.get(index) ?? []), ...(outer.get(index) ?? [])].map((refusal) => pathed(at, refusal)),
    ),
  ];
}

async function nameRefusals(sql: Sql, changes: readonly ChangedCertificate[]): Promise<Refusal[]> {
  const created = changes.filter(({ before }) => before === null);
  const deleted = new Set(changes.filter(({ texts }) => texts === null).map(({ id }) => id));
  const rows = await sql.query(NAMED, [created.map(({ name }) => name)]);
  const taken = new Map(rows.filter(({ id }) => !deleted.has(id)).map(({ id, name }) => [name, id]));
  const seen = new Set<string>();
  return created.flatMap(({ at, name }): Refusal[] => {
    const nodeId = taken.get(name) ?? null;
    const twice = seen.has(name);
    seen.add(name);
    if (nodeId === null && !twice) return [];
    const message = twice
      ? `another certificate of the same request is named ${JSON.stringify(name)}: choose another name`
      : `there is a certificate named ${JSON.stringify(name)}: choose another name, or change that one`;
    return [pathed(at, { code: 'NAME_TAKEN', message, field: ['name'], nodeId })];
  });
}

function ownerRefusals(changes: readonly ChangedCertificate[], { owner, takeOver, owners }: Owners): Refusal[] {
  if (owner === null || takeOver) return [];
  return changes.flatMap(({ at, id, name }): Refusal[] => {
    const other = owners.get(id);
    if (other === undefined || other === owner) return [];
    const message = `${JSON.stringify(name)} belongs to owner ${JSON.stringify(other)}, not to ${JSON.stringify(owner)}: takeOver takes it over, where its owner agrees`;
    return [pathed(at, { code: 'OWNER_DIFFERS', message, field: null, owner: other })];
  });
}
