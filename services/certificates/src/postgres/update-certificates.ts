import { randomUUID } from 'node:crypto';
import type { CertificateRecord } from '../domain/certificate-record.js';
import { type DefinitionPlan, type JudgedDefinition, planDefinitions } from '../domain/definition-input.js';
import { innerCollisions } from '../domain/import-plan.js';
import { type Placement, changesBetween, keepDeployments, mergeChanges } from '../domain/placement.js';
import { definitionRecords, placementsOf } from '../domain/planned-placements.js';
import { type FieldPath, RefusedError } from '../domain/refusal.js';
import { isSameCertificate } from '../domain/same-certificate.js';
import { UNCHANGED, type Warning, warningsOf } from './certificate-answer.js';
import type { Database } from './database.js';
import { deploy } from './deploy.js';
import { environmentIds } from './environment-ids.js';
import { importCollisions } from './explain-collision.js';
import { type Outcome, idempotent, keepAnswer } from './idempotent.js';
import { lockCertificate } from './lock-certificate.js';
import type { Request } from './request.js';
import { clearDefinitions, saveCertificates } from './rewrite-certificates.js';
import { lockLinkedJwks, settleJwks } from './settle-jwks.js';
import type { Sql } from './statement.js';
import { storeDefinitions } from './store-definitions.js';
import type { CertificateUpdate } from './update-certificate.js';
import { writeAudits } from './write-audit.js';

export interface CertificatesAnswer {
  /** In the order of the updates. */
  readonly certificates: readonly CertificateRecord[];
  /** null when no environment's set changed. */
  readonly deploymentId: string | null;
  readonly warnings: readonly Warning[];
  /** false: all were exactly so already, and nothing was done. */
  readonly changed: boolean;
}

/** An update with all its definitions. */
export type FullUpdate = CertificateUpdate & { readonly definitions: readonly JudgedDefinition[] };

/** Makes several updates at once, in one revision per environment: what one certificate frees, another may take. */
export function updateCertificates(
  database: Database,
  request: Request,
  updates: readonly FullUpdate[],
): Promise<Outcome<CertificatesAnswer>> {
  const attempt = (): Promise<CertificatesAnswer> =>
    database.transaction(async (sql) => {
      const planned = await planAll(sql, updates);
      const [inner, outer] = [innerCollisions(planned), await importCollisions(sql, planned)];
      const refusals = planned.flatMap((_, index) =>
        [...(inner.get(index) ?? []), ...(outer.get(index) ?? [])].map((refusal) => at(index, refusal)),
      );
      if (refusals.length > 0) throw new RefusedError(refusals);
      return apply(sql, request, planned);
    });
  // Whoever came first is seen by the next attempt.
  return idempotent(database, request, attempt, () => Promise.resolve([]));
}

interface Planned extends DefinitionPlan {
  readonly id: string;
  readonly name: string;
  readonly action: 'REPLACE';
  readonly jwks: readonly [];
  readonly update: FullUpdate;
  readonly certificate: CertificateRecord;
  readonly before: readonly Placement[];
}

async function planAll(sql: Sql, updates: readonly FullUpdate[]): Promise<Planned[]> {
  const planned: Planned[] = [];
  // In one order for everyone, so that two who meet wait and do not deadlock.
  const order = [...updates.entries()].sort(([, a], [, b]) => (a.id < b.id ? -1 : 1));
  for (const [index, update] of order) {
    const { certificate, placements: before } = await within(index, () =>
      lockCertificate(sql, update.id, update.expectedVersion),
    );
    const plan = planDefinitions(update.definitions, certificate.definitions);
    if ('refusals' in plan) throw new RefusedError(plan.refusals.map((refusal) => at(index, refusal)));
    const { id, name } = certificate;
    planned[index] = { ...plan, id, name, action: 'REPLACE', jwks: [], update, certificate, before };
  }
  return planned;
}

async function apply(sql: Sql, request: Request, planned: readonly Planned[]): Promise<CertificatesAnswer> {
  const deploymentId = randomUUID();
  const now = new Date().toISOString();
  const linked = await lockLinkedJwks(
    sql,
    planned.map(({ id }) => id),
  );
  const definitions = planned.flatMap((item) => item.definitions);
  const names = definitions.flatMap(({ environments }) => environments);
  const ids = await environmentIds(sql, [...new Set(names)]);
  const stored = planned.map((item) => {
    const placements = keepDeployments(item.before, placementsOf(item.definitions, ids, deploymentId));
    const { certificate, update } = item;
    const wanted: CertificateRecord = {
      ...certificate,
      description: update.description ?? certificate.description,
      definitions: definitionRecords(item.definitions, ids),
    };
    const changed = !isSameCertificate(certificate, wanted);
    const after = changed ? { ...wanted, version: certificate.version + 1, updatedAt: now } : certificate;
    return { ...item, certificateId: item.id, placements, after, changed };
  });
  const rewritten = stored.filter(({ changed }) => changed);
  await saveCertificates(
    sql,
    rewritten.map(({ after }) => after),
    now,
  );
  await clearDefinitions(
    sql,
    rewritten.map(({ id }) => id),
    rewritten.flatMap((item) => item.definitions),
  );
  await storeDefinitions(sql, ...rewritten);
  const changes = mergeChanges(stored.flatMap(({ before, placements }) => changesBetween(before, placements)));
  const answer: CertificatesAnswer = {
    certificates: stored.map(({ after }) => after),
    deploymentId: changes.length > 0 ? deploymentId : null,
    warnings: stored.flatMap((item, index) =>
      [...warningsOf(item), ...(item.changed ? [] : [UNCHANGED])].map((warning) => at(index, warning)),
    ),
    changed: rewritten.length > 0,
  };
  const audits: Parameters<typeof writeAudits>[2][number][] = [];
  for (const [index, item] of stored.entries()) {
    const { id, name, certificate, after, update, placements, definitions: own } = item;
    const jwks = await within(index, () =>
      settleJwks(sql, {
        linked: linked.filter(({ link }) => link?.certificateId === id),
        fingerprintAfter: ({ environmentId }) =>
          placements.find((placement) => placement.environmentId === environmentId)?.fingerprint ?? null,
        given: update.jwkDecision,
        confirmation: { typed: update.confirmName, name },
      }),
    );
    if (!item.changed) continue;
    audits.push({
      action: 'updateCertificate',
      certificateId: id,
      before: certificate,
      after,
      details: { deploymentId: answer.deploymentId, by: 'updateCertificates', jwks },
      environments: own.flatMap(({ environments }) => environments),
    });
  }
  if (!answer.changed) {
    await keepAnswer(sql, request, answer);
    return answer;
  }
  await writeAudits(sql, request, audits);
  const details = { deploymentId: answer.deploymentId, certificates: rewritten.length };
  await deploy(sql, { deploymentId, changes, request, audit: { action: 'updateCertificates', details }, answer });
  return answer;
}

/** Paths of the input begin with the update that is meant. */
function at<Told extends { readonly field: FieldPath | null }>(index: number, told: Told): Told {
  return { ...told, field: ['updates', String(index), ...(told.field ?? [])] };
}

async function within<Result>(index: number, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    throw new RefusedError(error.refusals.map((refusal) => at(index, refusal)));
  }
}
