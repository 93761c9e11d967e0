import { randomUUID } from 'node:crypto';
import { demandPermission, scopeFor } from '../audit/rules/demand-permission.js';
import { type AuditEntry, writeAudits } from '../audit/sql/write-audit.js';
import { type DeployedPosition, deploy } from '../deployments/deploy.js';
import type { ConfirmedDecision } from '../jwks/rules/jwk-decision.js';
import type { CertificateRecord } from '../records/certificate-record.js';
import { type EnvironmentChange, changesBetween, mergeChanges } from '../records/entry.js';
import type { FieldPath } from '../records/refusal.js';
import { storeAnswer } from '../requests/idempotent.js';
import type { Request } from '../requests/request.js';
import type { Sql } from '../../platform/postgres/statement.js';
import {
  type AppliedJwkDecision,
  type FingerprintAfter,
  applyJwkDecision,
  lockLinkedJwks,
} from './apply-jwk-decision.js';
import { type Warning, alsoInBase, withOutgrown } from './certificate-answer.js';
import { certificateImpacts } from './read/read-impact.js';
import { environmentsById } from '../environments/sql/read-environments.js';
import { concernedEnvironments } from './rules/concerned-environments.js';
import { within } from '../records/refusal-paths.js';
import { type CertificateChange, type WrittenChange, writtenChange } from './rules/written-change.js';
import { addCertificates, clearDefinitions, deleteCertificates, saveCertificates } from './sql/save-certificates.js';
import { storeDefinitions } from './sql/store-definitions.js';

/** A change of one certificate by a request. */
export interface RequestedChange extends CertificateChange {
  /** Where in the input it stands. */
  readonly at: FieldPath;
  /** Environments of its own audit record; null: the record of the request is its only one. */
  readonly recordedIn: readonly string[] | null;
  /** The decision about the JWKs that follow this certificate; null: that of the request counts. */
  readonly jwkDecision: ConfirmedDecision | null;
}

/** All that one request changes. */
export interface CertificateChanges<Answer, Change extends RequestedChange> {
  /** Deletions before what may take what they release. */
  readonly changes: readonly Change[];
  /** The decision about the JWKs of all certificates together. */
  readonly jwkDecision?: ConfirmedDecision;
  /** Name of the mutation, for audit records of single certificates. */
  readonly by?: string;
  /** Writes what else the request changes, after the certificates and their audit records. */
  readonly also?: () => Promise<void>;
  readonly answer: (made: MadeChanges<Change>) => Answer;
  /** The audit record of the request, which names the revisions; null: nothing was deployed, and none is needed. */
  readonly audit: (made: MadeChanges<Change>) => AuditEntry | null;
}

/** What was written. */
export interface MadeChanges<Change extends RequestedChange = RequestedChange> {
  /** null: no environment's set changed. */
  readonly deploymentId: string | null;
  /** In the order of the input. */
  readonly changes: readonly MadeChange<Change>[];
  /** What was done to JWKs by the decision about all of them. */
  readonly jwks: AppliedJwkDecision | undefined;
}

export type MadeChange<Change extends RequestedChange = RequestedChange> = WrittenChange<Change> & {
  readonly jwks: AppliedJwkDecision | undefined;
  /** Warnings about a deletion. */
  readonly warnings: readonly Warning[];
};

/**
 * Makes the changes of a request: the one path on which certificates that exist are written. Environments and certificates
 * are locked and read before; collisions with other certificates break a constraint.
 *
 * @throws RefusedError when JWKs need a decision
 * @throws ForbiddenError
 */
export async function changeCertificates<
  Answer extends { readonly warnings: readonly Warning[] },
  Change extends RequestedChange,
>(
  sql: Sql,
  request: Request,
  input: CertificateChanges<Answer, Change>,
): Promise<Answer & { readonly deployed?: readonly DeployedPosition[] }> {
  const deploymentId = randomUUID();
  const now = new Date().toISOString();
  const written = input.changes.map((change) => writtenChange(change, { deploymentId, now }));
  await demandWhereConcerned(sql, request, written);
  const linked = await lockLinkedJwks(
    sql,
    written.flatMap(({ before }) => before?.certificate.id ?? []),
  );
  const warnings = await deletionWarnings(sql, written);
  await write(sql, written, now);
  const applyTo = (certificateId: string | null, decision: ConfirmedDecision) =>
    applyJwkDecision(sql, {
      ...decision,
      linked: certificateId === null ? linked : linked.filter(({ link }) => link?.certificateId === certificateId),
      fingerprintAfter: fingerprintsAfter(written),
    });
  const changes: MadeChange<Change>[] = [];
  for (const change of written) {
    const { before, at, jwkDecision } = change;
    const jwks =
      before && jwkDecision ? await within(at, () => applyTo(before.certificate.id, jwkDecision)) : undefined;
    changes.push({ ...change, jwks, warnings: warnings.get(before?.certificate.id ?? '') ?? [] });
  }
  const jwks = input.jwkDecision && (await applyTo(null, input.jwkDecision));

  const environments = environmentChanges(written);
  const made: MadeChanges<Change> = { deploymentId: environments.length > 0 ? deploymentId : null, changes, jwks };
  await writeRecords(sql, request, made, input.by);
  await input.also?.();
  const answer = input.answer(made);
  const audit = input.audit(made);
  if (audit === null) {
    await storeAnswer(sql, request, answer);
    return answer;
  }
  const deployed = await deploy(sql, { deploymentId, changes: environments, request, audit, answer });
  return { ...withOutgrown(answer, deployed), deployed };
}

/** Refuses what the author may not change everywhere where it is a change, also where it leaves the set as it is. */
async function demandWhereConcerned(
  sql: Sql,
  { grants }: Request,
  written: readonly WrittenChange<CertificateChange>[],
): Promise<void> {
  const concerned = written
    .filter(({ changed }) => changed)
    .map((change) => ({ action: recordOf(change).action, ids: concernedEnvironments(change) }));
  if (concerned.every(({ action }) => scopeFor(grants, action) === null)) return;
  const environments = await environmentsById(sql, [...new Set(concerned.flatMap(({ ids }) => ids))]);
  const names = new Map(environments.map(({ id, name }) => [id, name]));
  for (const { action, ids } of concerned) {
    const places = ids.flatMap((id) => names.get(id) ?? []);
    if (places.length > 0) demandPermission(grants, action, places);
  }
}

/** What changes do to the sets of environments. */
export function environmentChanges(written: readonly WrittenChange<CertificateChange>[]): EnvironmentChange[] {
  return mergeChanges(written.flatMap(({ before, result }) => changesBetween(before, result)));
}

/** Deletes first, so that names and aliases are released; then adds, saves and stores. */
async function write(sql: Sql, written: readonly WrittenChange<CertificateChange>[], now: string): Promise<void> {
  const saved = written
    .filter(({ changed }) => changed)
    .flatMap(({ result, ...rest }) => (result ? { ...rest, result } : []));
  const redefined = saved.filter(({ redefined: stored }) => stored);
  const certificatesOf = (items: typeof saved) => items.map(({ result }) => result.certificate);
  await deleteCertificates(
    sql,
    written.flatMap(({ before, result }) => (before && !result ? before.certificate.id : [])),
  );
  await addCertificates(sql, certificatesOf(saved.filter(({ before }) => !before)), now);
  await saveCertificates(sql, certificatesOf(saved.filter(({ before }) => before)), now);
  await clearDefinitions(
    sql,
    redefined.flatMap(({ before }) => before?.certificate.id ?? []),
    redefined.flatMap(({ before, result }) => (before ? result.certificate.definitions : [])),
  );
  if (redefined.length === 0) return;
  await storeDefinitions(
    sql,
    redefined.map(({ after, result: { certificate, entries } }) => ({
      certificateId: certificate.id,
      definitions: certificate.definitions,
      certificates: after?.certificates ?? [],
      entries,
    })),
  );
}

async function deletionWarnings(
  sql: Sql,
  written: readonly WrittenChange<CertificateChange>[],
): Promise<ReadonlyMap<string, readonly Warning[]>> {
  const ids = written.flatMap(({ before, result }) => (before && !result ? before.certificate.id : []));
  if (ids.length === 0) return new Map();
  const impacts = await certificateImpacts(sql, ids);
  return new Map(ids.map((id) => [id, alsoInBase(impacts.filter(({ certificateId }) => certificateId === id))]));
}

/** Fingerprint that the certificate of a JWK has in its environment after changes; null: none. */
export function fingerprintsAfter(written: readonly WrittenChange<CertificateChange>[]): FingerprintAfter {
  const keyOf = (certificateId: string | undefined, environmentId: string) => `${certificateId} ${environmentId}`;
  const after = new Map(
    written.flatMap(({ result }) =>
      (result?.entries ?? []).map((entry) => [keyOf(result?.certificate.id, entry.environmentId), entry.fingerprint]),
    ),
  );
  return ({ link, environmentId }) => after.get(keyOf(link?.certificateId, environmentId)) ?? null;
}

async function writeRecords(
  sql: Sql,
  request: Request,
  { deploymentId, changes }: MadeChanges,
  by: string | undefined,
): Promise<void> {
  const records = changes.flatMap((change) =>
    change.changed && change.recordedIn
      ? [{ ...recordOf(change), details: { deploymentId, by, jwks: change.jwks }, environments: change.recordedIn }]
      : [],
  );
  if (records.length > 0) await writeAudits(sql, request, records);
}

/** The audit record of a change of one certificate, without details. */
export function recordOf({ before, result }: WrittenChange<CertificateChange>): AuditEntry {
  const certificate: CertificateRecord | undefined = (result ?? before)?.certificate;
  return {
    action: !before ? 'createCertificate' : result ? 'updateCertificate' : 'deleteCertificate',
    ...(certificate && { certificateId: certificate.id }),
    ...(before && { before: before.certificate }),
    ...(result && { after: result.certificate }),
  };
}
