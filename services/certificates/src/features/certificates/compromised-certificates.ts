import type { Fingerprint } from '@trustcast/schema';
import type { CertificateRecord } from '../records/certificate-record.js';
import type { Page } from '../records/paging/page.js';
import { changesBetween } from '../records/entry.js';
import { type CertificateChange, writtenChange } from './rules/written-change.js';
import { type Refusal, RefusedError, refused } from '../records/refusal.js';
import type { Warning } from './certificate-answer.js';
import type { Database } from '../../platform/postgres/database.js';
import { compromisedRefusal } from '../deployments/deploy.js';
import { type Result, accepted, rejected } from '../records/result.js';
import type { Author } from '../requests/request.js';
import { type Sql, statement } from '../../platform/postgres/statement.js';
import { writeAudit } from '../audit/sql/write-audit.js';

export interface CompromisedRecord {
  readonly fingerprint: string;
  readonly certificateName: string;
  readonly reason: string;
  readonly actor: string;
  readonly deletedAt: Date;
}

/** End of a page of them: the time of deletion as PostgreSQL writes it. */
export interface CompromisedCursor {
  readonly sortKey: string;
  readonly fingerprint: string;
}

export type CompromisedRow = CompromisedRecord & CompromisedCursor;

const COLUMNS = `fingerprint, certificate_name AS "certificateName", reason, actor, deleted_at AS "deletedAt"`;
const REFUSE = statement<object>(
  'compromised_refuse',
  `INSERT INTO compromised_certificates (fingerprint, certificate_name, reason, actor)
   SELECT fingerprint, $2, $3, $4 FROM unnest($1::text[]) AS fingerprint ORDER BY fingerprint COLLATE "C"
   ON CONFLICT (fingerprint) DO UPDATE
   SET certificate_name = excluded.certificate_name, reason = excluded.reason, actor = excluded.actor, deleted_at = now()`,
);
const ELSEWHERE = statement<{ environment: string; certificate: string }>(
  'compromised_elsewhere',
  `SELECT e.name AS environment, c.name AS certificate FROM definition_environments p
   JOIN environments e ON e.id = p.environment_id JOIN certificates c ON c.id = p.certificate_id
   WHERE p.fingerprint = ANY ($1) ORDER BY e.name, c.name LIMIT 100`,
);
const PLACE = '(deleted_at, fingerprint)';
const pageRead = (direction: 'ASC' | 'DESC') =>
  statement<CompromisedRow>(
    `compromised_page_${direction.toLowerCase()}`,
    `SELECT ${COLUMNS}, deleted_at::text AS "sortKey" FROM compromised_certificates
     WHERE ($1::text IS NULL OR ${PLACE} < ($1::timestamptz, $2)) AND ($3::text IS NULL OR ${PLACE} > ($3::timestamptz, $4))
     ORDER BY deleted_at ${direction}, fingerprint ${direction} LIMIT $5`,
  );
const COUNT = statement<{ number: number }>(
  'compromised_count',
  'SELECT count(*) AS number FROM compromised_certificates',
);
const LOCK = statement<CompromisedRecord>(
  'compromised_lock',
  `SELECT ${COLUMNS} FROM compromised_certificates WHERE fingerprint = $1 FOR UPDATE`,
);
const FOUND = statement<{ fingerprint: string }>(
  'compromised_found',
  'SELECT fingerprint FROM compromised_certificates WHERE fingerprint = ANY ($1)',
);
const LIFT = statement<object>('compromised_lift', 'DELETE FROM compromised_certificates WHERE fingerprint = $1');

/** Refuses the X.509 certificates of a deleted certificate from now on. @returns warnings about others that still deploy them */
export async function refuseCompromised(
  sql: Sql,
  actor: string,
  { name, definitions }: CertificateRecord,
  reason: string,
): Promise<Warning[]> {
  const fingerprints = [...new Set(definitions.map(({ fingerprint }) => fingerprint))];
  await sql.query(REFUSE, [fingerprints, name, reason, actor]);
  return (await sql.query(ELSEWHERE, [fingerprints])).map(({ environment, certificate }) => ({
    code: 'COMPROMISED_ELSEWHERE',
    message: `environment ${environment} still trusts it through certificate ${JSON.stringify(certificate)}`,
    field: ['compromised'],
  }));
}

/** One page, the latest first, from the end that it begins at, and one more when there is one. */
export function compromisedCertificates(
  sql: Sql,
  { size, after, before, backward }: Page<CompromisedCursor>,
): Promise<CompromisedRow[]> {
  const cursors = [after, before].flatMap((cursor) => [cursor?.sortKey ?? null, cursor?.fingerprint ?? null]);
  return sql.query(pageRead(backward ? 'ASC' : 'DESC'), [...cursors, size + 1]);
}

export async function countCompromised(sql: Sql): Promise<number> {
  return (await sql.query(COUNT))[0]?.number ?? 0;
}

/**
 * Changes that would deploy a compromised certificate, by their index.
 *
 * @param changes null: it is not made
 */
export async function compromisedChanges(
  sql: Sql,
  changes: readonly (CertificateChange | null)[],
): Promise<Map<number, Refusal[]>> {
  const deployed = changes.map((change) => {
    const result = change && writtenChange(change, { deploymentId: '', now: '' }).result;
    const added = changesBetween(change?.before ?? null, result).flatMap(({ entries }) => entries);
    return [...new Set(added.flatMap(({ after }) => after?.fingerprint ?? []))];
  });
  const found = new Set((await sql.query(FOUND, [deployed.flat()])).map(({ fingerprint }) => fingerprint));
  const refusals = new Map<number, Refusal[]>();
  for (const [index, fingerprints] of deployed.entries()) {
    const compromised = fingerprints.filter((fingerprint) => found.has(fingerprint));
    if (compromised.length > 0) refusals.set(index, [compromisedRefusal(compromised)]);
  }
  return refusals;
}

/** Admits a certificate again. @param confirmName the name that it was deleted under, typed */
export async function liftCompromise(
  database: Database,
  origin: Author,
  { fingerprint, confirmName }: { fingerprint: Fingerprint; confirmName: string },
): Promise<Result<CompromisedRecord>> {
  try {
    return await database.transaction(async (transaction) => {
      const [record] = await transaction.query(LOCK, [fingerprint]);
      if (!record)
        throw refused({
          code: 'CERTIFICATE_NOT_FOUND',
          message: 'no certificate with this fingerprint is refused as compromised: nothing needs to be lifted',
          field: ['fingerprint'],
        });
      if (confirmName.normalize('NFC') !== record.certificateName)
        throw refused({
          code: 'INVALID_INPUT',
          message: 'the name does not match: type the name under which the certificate was deleted',
          field: ['confirmName'],
        });
      await transaction.query(LIFT, [fingerprint]);
      await writeAudit(transaction, origin, { action: 'liftCompromise', before: record });
      return accepted(record);
    });
  } catch (error) {
    if (error instanceof RefusedError) return rejected(...error.refusals);
    throw error;
  }
}
