import type { PlannedDefinition } from '../rules/definition-input.js';
import type { Refusal } from '../../records/refusal.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

const NAME = statement<{ id: string }>('collision_name', 'SELECT id FROM certificates WHERE name = $1');

interface CollisionRow {
  readonly item: number;
  readonly definition: number;
  readonly environment: string;
  readonly alias_taken: boolean;
  readonly duplicate: boolean;
  readonly certificate_id: string;
  readonly certificate: string;
}

const ENTRIES = statement<CollisionRow>(
  'collision_entries',
  `
SELECT w.item, w.definition, e.name AS environment, o.alias_key = w.alias_key AS alias_taken,
  o.fingerprint = w.fingerprint AS duplicate, c.id AS certificate_id, c.name AS certificate
FROM jsonb_to_recordset($2::jsonb)
  AS w (item integer, definition integer, environment text, alias_key text, fingerprint text)
JOIN environments e ON e.name = w.environment
CROSS JOIN LATERAL (
  SELECT * FROM definition_environments p WHERE p.environment_id = e.id AND p.alias_key = w.alias_key
  UNION
  SELECT * FROM definition_environments p WHERE p.environment_id = e.id AND p.fingerprint = w.fingerprint
) o
JOIN certificates c ON c.id = o.certificate_id
WHERE c.id <> ALL ($1::uuid[])
ORDER BY w.item, w.definition, e.name, c.name
LIMIT $3`,
);

const MAX_REPORTED = 1_000;
const MAX_REPORTED_OF_SEVERAL = 1_000_000;

/** Explains the constraint that a change of one certificate broke. */
export async function explainCollision(
  sql: Sql,
  change: {
    /** null: it is created. */
    readonly certificateId: string | null;
    /** null: it keeps its name. */
    readonly name: string | null;
    readonly definitions: readonly PlannedDefinition[];
  },
): Promise<Refusal[]> {
  const { certificateId, name } = change;
  const [named] = name === null ? [] : await sql.query(NAME, [name]);
  const refusals: Refusal[] = named
    ? [
        {
          code: 'NAME_TAKEN',
          message: `there is a certificate named ${JSON.stringify(name)}: choose another name, or change that one`,
          field: ['name'],
          nodeId: named.id,
        },
      ]
    : [];
  const found = await collisions(sql, certificateId === null ? [] : [certificateId], [change], MAX_REPORTED);
  return [...refusals, ...(found.get(0) ?? [])];
}

/**
 * Collisions of certificates with those that a request does not change, by their index.
 *
 * @param items null: it is not written
 */
export function outerCollisions(
  sql: Sql,
  items: readonly ({ readonly id: string; readonly definitions: readonly PlannedDefinition[] } | null)[],
): Promise<Map<number, Refusal[]>> {
  const own = items.flatMap((item) => (item ? [item.id] : []));
  return collisions(sql, own, items, MAX_REPORTED_OF_SEVERAL);
}

async function collisions(
  sql: Sql,
  own: readonly string[],
  items: readonly ({ readonly definitions: readonly PlannedDefinition[] } | null)[],
  limit: number,
): Promise<Map<number, Refusal[]>> {
  const entries = items.flatMap((claims, item) =>
    (claims?.definitions ?? []).flatMap(({ environments, aliasKey, fingerprint }, definition) =>
      environments.map((environment) => ({ item, definition, environment, alias_key: aliasKey, fingerprint })),
    ),
  );
  const found = new Map<number, Refusal[]>();
  for (const row of await sql.query(ENTRIES, [own, JSON.stringify(entries), limit])) {
    const refusals = found.get(row.item) ?? [];
    found.set(row.item, refusals);
    refusals.push(...refusalsOf(row));
  }
  return found;
}

function refusalsOf(row: CollisionRow): Refusal[] {
  const at = ['definitions', String(row.definition)];
  const where = `${row.environment} by certificate ${JSON.stringify(row.certificate)}`;
  const refusals: Refusal[] = [];
  if (row.alias_taken)
    refusals.push({
      code: 'ALIAS_TAKEN',
      message: `the alias is taken in environment ${where}; aliases that differ only in case are the same: choose another alias`,
      field: [...at, 'alias'],
      environment: row.environment,
      certificateId: row.certificate_id,
    });
  if (row.duplicate)
    refusals.push({
      code: 'DUPLICATE_CERTIFICATE',
      message: `the same certificate is already deployed to environment ${where}: leave the environment out here, or change the certificate that has it`,
      field: [...at, 'from'],
      certificateId: row.certificate_id,
    });
  return refusals;
}
