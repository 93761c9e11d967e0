import type { CertificateRecord } from '../../records/certificate-record.js';
import type { ExistingCertificate, Placement } from '../../records/placement.js';
import { isUuid } from '../../records/is-uuid.js';
import { refused } from '../../records/refusal.js';
import { CERTIFICATE_COLUMNS } from '../read/read-certificates.js';
import { isStorable } from '../../../platform/postgres/is-storable.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

const LOCK = statement<{ id: string }>('certificate_lock', 'SELECT id FROM certificates WHERE id = $1 FOR UPDATE');

const WITH_PLACEMENTS = `${CERTIFICATE_COLUMNS},
     (SELECT coalesce(json_agg(json_build_object('environmentId', p.environment_id, 'definitionId', p.definition_id,
        'alias', p.alias, 'aliasKey', p.alias_key, 'fingerprint', p.fingerprint, 'deploymentId', p.deployment_id)), '[]')
      FROM definition_environments p WHERE p.certificate_id = c.id) AS placements`;

// A statement of its own: what a lock waited for is not in the snapshot of the statement that waited.
const READ = statement<CertificateRecord & { placements: Placement[] }>(
  'certificate_locked',
  `SELECT ${WITH_PLACEMENTS}
   FROM certificates c WHERE c.id = $1`,
);

const LOCK_BY_NAME = statement<object>(
  'certificates_lock',
  'SELECT id FROM certificates WHERE name = ANY ($1) ORDER BY id FOR UPDATE',
);
const READ_BY_NAME = statement<CertificateRecord & { placements: Placement[] }>(
  'certificates_with_placements',
  `SELECT ${WITH_PLACEMENTS} FROM certificates c WHERE c.name = ANY ($1)`,
);

/** Certificates with their lines, by name; those that are not there are left out. */
export async function lockCertificatesByName(
  sql: Sql,
  names: readonly string[],
  { lock }: { lock: boolean },
): Promise<Map<string, ExistingCertificate>> {
  const possible = names.filter(isStorable);
  if (lock) await sql.query(LOCK_BY_NAME, [possible]);
  const rows = await sql.query(READ_BY_NAME, [possible]);
  return new Map(rows.map(({ placements, ...certificate }) => [certificate.name, { certificate, placements }]));
}

/** Locks a certificate for this transaction. @throws RefusedError when it is gone or has another version */
export async function lockCertificate(
  sql: Sql,
  id: string,
  expectedVersion: number,
): Promise<{ certificate: CertificateRecord; placements: readonly Placement[] }> {
  const [row] = isUuid(id) && (await sql.query(LOCK, [id])).length > 0 ? await sql.query(READ, [id]) : [];
  if (!row) throw refused({ code: 'CERTIFICATE_NOT_FOUND', message: 'there is no such certificate', field: ['id'] });
  const { placements, ...certificate } = row;
  if (certificate.version !== expectedVersion)
    throw refused({
      code: 'VERSION_CONFLICT',
      message: `the certificate is at version ${certificate.version}, not ${expectedVersion}: read it again and repeat the change`,
      field: ['expectedVersion'],
      current: certificate,
    });
  return { certificate, placements };
}
