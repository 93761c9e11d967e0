import type { CertificateRecord } from '../../records/certificate-record.js';
import { textsFrom } from '../../records/sql/text-columns.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** Columns of a certificate `c` without its definitions. */
export const OWN_COLUMNS = `
  c.id, c.name, ${textsFrom('c')}, c.version,
  to_char(c.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "createdAt",
  to_char(c.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "updatedAt"`;

/** Columns of a certificate `c` as a CertificateRecord; PostgreSQL builds the definitions. */
export const CERTIFICATE_COLUMNS = `${OWN_COLUMNS},
  (SELECT coalesce(json_agg(json_build_object('id', d.id, 'alias', d.alias, 'source', d.source,
      'url', d.url, 'fingerprint', d.fingerprint, 'environmentIds',
      (SELECT coalesce(json_agg(de.environment_id), '[]') FROM definition_environments de WHERE de.definition_id = d.id))
    ORDER BY d.ordinal), '[]')
   FROM definitions d WHERE d.certificate_id = c.id) AS definitions`;

const BY_ID = statement<CertificateRecord>(
  'certificates_by_id',
  `SELECT ${CERTIFICATE_COLUMNS} FROM certificates c WHERE c.id = ANY ($1)`,
);
const BY_NAME = statement<CertificateRecord>(
  'certificate_by_name',
  `SELECT ${CERTIFICATE_COLUMNS} FROM certificates c WHERE c.name = $1`,
);

export function certificatesById(sql: Sql, ids: readonly string[]): Promise<CertificateRecord[]> {
  return sql.query(BY_ID, [ids]);
}

export async function certificateByName(sql: Sql, name: string): Promise<CertificateRecord | null> {
  return (await sql.query(BY_NAME, [name]))[0] ?? null;
}
