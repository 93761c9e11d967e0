import { type CertificateTexts, textsOf } from '@trustcast/schema';
import { TEXT_COLUMNS, TEXT_MEMBERS, TEXT_NAMES, textAssignments } from '../../records/sql/text-columns.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

interface Saved extends CertificateTexts {
  readonly id: string;
  readonly name: string;
}

const DELETE = statement<object>('certificates_delete', 'DELETE FROM certificates WHERE id = ANY ($1)');
const ADD = statement<object>(
  'certificates_add',
  `INSERT INTO certificates (id, name, ${TEXT_COLUMNS}, created_at, updated_at)
   SELECT id, name, ${TEXT_NAMES}, $2, $2 FROM jsonb_to_recordset($1::jsonb) AS c (id uuid, name text, ${TEXT_MEMBERS})
   ORDER BY name COLLATE "C"`,
);
const SAVE = statement<object>(
  'certificates_save',
  `UPDATE certificates c SET ${textAssignments('n')}, version = c.version + 1, updated_at = $2
   FROM jsonb_to_recordset($1::jsonb) AS n (id uuid, ${TEXT_MEMBERS}) WHERE c.id = n.id`,
);
const CLEAR = statement<object>(
  'certificates_clear',
  `WITH entries AS (DELETE FROM definition_environments WHERE certificate_id = ANY ($1))
   DELETE FROM definitions WHERE certificate_id = ANY ($1) AND id <> ALL ($2)`,
);

export async function deleteCertificates(sql: Sql, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await sql.query(DELETE, [ids]);
}

/** Adds certificates without definitions. */
export async function addCertificates(sql: Sql, certificates: readonly Saved[], now: string): Promise<void> {
  if (certificates.length > 0) await sql.query(ADD, [rowsOf(certificates), now]);
}

/** Saves the next version of certificates that exist. */
export async function saveCertificates(sql: Sql, certificates: readonly Saved[], now: string): Promise<void> {
  if (certificates.length > 0) await sql.query(SAVE, [rowsOf(certificates), now]);
}

/** Deletes all entries of certificates, and their definitions except `kept`, to make room for what is stored next. */
export async function clearDefinitions(
  sql: Sql,
  certificateIds: readonly string[],
  kept: readonly { readonly id: string }[],
): Promise<void> {
  if (certificateIds.length > 0) await sql.query(CLEAR, [certificateIds, kept.map(({ id }) => id)]);
}

function rowsOf(certificates: readonly Saved[]): string {
  return JSON.stringify(
    certificates.map((certificate) => ({ id: certificate.id, name: certificate.name, ...textsOf(certificate) })),
  );
}
