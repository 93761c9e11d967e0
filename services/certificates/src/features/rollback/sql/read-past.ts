import type { PastEntry } from '../rules/rollback-plan.js';
import { textsFrom } from '../../records/sql/text-columns.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** The last change of each entry, up to a revision. */
const PAST = statement<PastEntry>(
  'past_entries',
  `
SELECT name, ${textsFrom('c')}, alias, fingerprint, source, url FROM (
  SELECT DISTINCT ON (c.certificate_id) c.*
  FROM revision_changes c
  WHERE c.environment_id = $1 AND c.revision >= $2 AND c.revision <= $3
  ORDER BY c.certificate_id, c.revision DESC
) c
WHERE c.fingerprint IS NOT NULL`,
);
const NAMES = statement<{ name: string }>(
  'environment_names',
  `SELECT c.name FROM definition_environments p JOIN certificates c ON c.id = p.certificate_id
   WHERE p.environment_id = $1`,
);

/** Entries that an environment had at a revision. @param start the first revision whose entries are known */
export function pastEntries(
  sql: Sql,
  environmentId: string,
  { start, revision }: { readonly start: number; readonly revision: number },
): Promise<PastEntry[]> {
  return sql.query(PAST, [environmentId, start, revision]);
}

/** Names of the certificates that an environment has. */
export async function namesInEnvironment(sql: Sql, environmentId: string): Promise<string[]> {
  return (await sql.query(NAMES, [environmentId])).map(({ name }) => name);
}
