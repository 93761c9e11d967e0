import { type Sql, statement } from '../../../platform/postgres/statement.js';

const SAVE = statement<object>(
  'certificates_save',
  `UPDATE certificates c SET description = n.description, version = c.version + 1, updated_at = $2
   FROM jsonb_to_recordset($1::jsonb) AS n (id uuid, description text) WHERE c.id = n.id`,
);
const CLEAR = statement<object>(
  'certificates_clear',
  `WITH lines AS (DELETE FROM definition_environments WHERE certificate_id = ANY ($1))
   DELETE FROM definitions WHERE certificate_id = ANY ($1) AND id <> ALL ($2)`,
);

/** Saves certificates that are there, as of `now`. */
export async function saveCertificates(
  sql: Sql,
  certificates: readonly { readonly id: string; readonly description: string }[],
  now: string,
): Promise<void> {
  const rows = certificates.map(({ id, description }) => ({ id, description }));
  await sql.query(SAVE, [JSON.stringify(rows), now]);
}

/** Takes away all lines of certificates and all definitions but those that are stored again: room for what follows. */
export async function clearDefinitions(
  sql: Sql,
  ids: readonly string[],
  kept: readonly { id: string }[],
): Promise<void> {
  await sql.query(CLEAR, [ids, kept.map(({ id }) => id)]);
}
