import type { CertificateRecord } from '../../records/certificate-record.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** Every change of a line has a revision, and its deployment a record of what it made of each certificate. */
const PAST = statement<{ after: CertificateRecord | null }>(
  'past_certificates',
  `
SELECT DISTINCT ON (a.certificate_id) a.after
FROM revisions r JOIN audit a ON a.details ->> 'deploymentId' = r.deployment_id::text AND a.certificate_id IS NOT NULL
WHERE r.environment_id = $1 AND r.revision <= $2
ORDER BY a.certificate_id, r.revision DESC, a.id DESC`,
);
const NAMES = statement<{ name: string }>(
  'environment_names',
  `SELECT c.name FROM definition_environments p JOIN certificates c ON c.id = p.certificate_id
   WHERE p.environment_id = $1`,
);

/** Certificates as they were at a revision of an environment: those that had a line there. */
export async function pastCertificates(
  sql: Sql,
  environmentId: string,
  revision: number,
): Promise<CertificateRecord[]> {
  return (await sql.query(PAST, [environmentId, revision])).flatMap(({ after }) =>
    after?.definitions.some(({ environmentIds }) => environmentIds.includes(environmentId)) ? [after] : [],
  );
}

/** Names of the certificates that an environment has. */
export async function namesInEnvironment(sql: Sql, environmentId: string): Promise<string[]> {
  return (await sql.query(NAMES, [environmentId])).map(({ name }) => name);
}
