import type { CertificateRecord } from '../../records/certificate-record.js';
import type { DeployedCertificate, Entry } from '../../records/entry.js';
import { isUuid } from '../../records/is-uuid.js';
import { refused } from '../../records/refusal.js';
import { CERTIFICATE_COLUMNS } from '../read/read-certificates.js';
import { isStorable } from '../../../platform/postgres/is-storable.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

type Row = CertificateRecord & { readonly entries: readonly Entry[] };

const DEPLOYED = `SELECT ${CERTIFICATE_COLUMNS},
     (SELECT coalesce(json_agg(json_build_object('environmentId', p.environment_id, 'definitionId', p.definition_id,
        'alias', p.alias, 'aliasKey', p.alias_key, 'fingerprint', p.fingerprint, 'deploymentId', p.deployment_id)), '[]')
      FROM definition_environments p WHERE p.certificate_id = c.id) AS entries
   FROM certificates c`;

const LOCK = statement<object>(
  'certificates_lock',
  'SELECT id FROM certificates WHERE id = ANY ($1) ORDER BY id FOR UPDATE',
);
// A statement of its own: what a lock waited for is not in the snapshot of the statement that waited.
const READ = statement<Row>('certificates_deployed', `${DEPLOYED} WHERE c.id = ANY ($1)`);

const LOCK_BY_NAME = statement<object>(
  'certificates_lock_by_name',
  'SELECT id FROM certificates WHERE name = ANY ($1) ORDER BY id FOR UPDATE',
);
const READ_BY_NAME = statement<Row>('certificates_deployed_by_name', `${DEPLOYED} WHERE c.name = ANY ($1)`);

/** Certificates with their entries, by name; those that do not exist are left out. */
export async function lockCertificatesByName(
  sql: Sql,
  names: readonly string[],
  { lock }: { lock: boolean },
): Promise<Map<string, DeployedCertificate>> {
  const possible = names.filter(isStorable);
  if (lock) await sql.query(LOCK_BY_NAME, [possible]);
  const rows = await sql.query(READ_BY_NAME, [possible]);
  return new Map(rows.map((row) => [row.name, deployedOf(row)]));
}

/** Locks certificates for this transaction, and returns those that exist by id. */
export async function lockCertificates(sql: Sql, ids: readonly string[]): Promise<Map<string, DeployedCertificate>> {
  const possible = ids.filter(isUuid);
  if (possible.length === 0) return new Map();
  await sql.query(LOCK, [possible]);
  const rows = await sql.query(READ, [possible]);
  return new Map(rows.map((row) => [row.id, deployedOf(row)]));
}

/** Requires a certificate at the version that its client has seen. @throws RefusedError */
export function demandVersion(found: DeployedCertificate | undefined, expectedVersion: number): DeployedCertificate {
  if (!found)
    throw refused({
      code: 'CERTIFICATE_NOT_FOUND',
      message: 'there is no such certificate: it was deleted, or the id is another',
      field: ['id'],
    });
  const { certificate } = found;
  if (certificate.version === expectedVersion) return found;
  throw refused({
    code: 'VERSION_CONFLICT',
    message: `the certificate is at version ${certificate.version}, not ${expectedVersion}: read it again and repeat the change`,
    field: ['expectedVersion'],
    current: certificate,
  });
}

/** Locks one certificate. @throws RefusedError when it does not exist or has another version */
export async function lockCertificate(sql: Sql, id: string, expectedVersion: number): Promise<DeployedCertificate> {
  return demandVersion((await lockCertificates(sql, [id])).get(id.toLowerCase()), expectedVersion);
}

function deployedOf({ entries, ...certificate }: Row): DeployedCertificate {
  return { certificate, entries };
}
