import type { PlannedDefinition } from '../domain/definition-input.js';
import type { Refusal } from '../domain/refusal.js';
import { type Sql, statement } from './statement.js';

const NAME = statement<{ id: string }>('collision_name', 'SELECT id FROM certificates WHERE name = $1');

const LINES = statement<{
  definition: number;
  environment: string;
  alias_taken: boolean;
  duplicate: boolean;
  certificate_id: string;
  certificate: string;
}>(
  'collision_lines',
  `
SELECT w.definition, e.name AS environment, o.alias_key = w.alias_key AS alias_taken,
  o.fingerprint = w.fingerprint AS duplicate, c.id AS certificate_id, c.name AS certificate
FROM jsonb_to_recordset($2::jsonb)
  AS w (definition integer, environment text, alias_key text, fingerprint text)
JOIN environments e ON e.name = w.environment
CROSS JOIN LATERAL (
  SELECT * FROM definition_environments p WHERE p.environment_id = e.id AND p.alias_key = w.alias_key
  UNION
  SELECT * FROM definition_environments p WHERE p.environment_id = e.id AND p.fingerprint = w.fingerprint
) o
JOIN certificates c ON c.id = o.certificate_id
WHERE c.id IS DISTINCT FROM $1
ORDER BY w.definition, e.name, c.name
LIMIT 1000`,
);

/** Everything that stands in the way of a change whose insert broke a constraint. */
export async function explainCollision(
  sql: Sql,
  wanted: { certificateId: string | null; name: string | null; definitions: readonly PlannedDefinition[] },
): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  if (wanted.name !== null && (await sql.query(NAME, [wanted.name])).length > 0)
    refusals.push({
      code: 'NAME_TAKEN',
      message: `there is a certificate named ${JSON.stringify(wanted.name)}`,
      field: ['name'],
    });
  const lines = wanted.definitions.flatMap(({ environments, aliasKey, fingerprint }, definition) =>
    environments.map((environment) => ({ definition, environment, alias_key: aliasKey, fingerprint })),
  );
  for (const row of await sql.query(LINES, [wanted.certificateId, JSON.stringify(lines)])) {
    const at = ['definitions', String(row.definition)];
    const where = `${row.environment} by certificate ${JSON.stringify(row.certificate)}`;
    if (row.alias_taken)
      refusals.push({
        code: 'ALIAS_TAKEN',
        message: `the alias is taken in environment ${where}; aliases that differ only in case are the same`,
        field: [...at, 'alias'],
        environment: row.environment,
      });
    if (row.duplicate)
      refusals.push({
        code: 'DUPLICATE_CERTIFICATE',
        message: `the same certificate is already deployed to environment ${where}`,
        field: [...at, 'content'],
        certificateId: row.certificate_id,
      });
  }
  return refusals;
}
