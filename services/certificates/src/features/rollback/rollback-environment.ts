import type { EnvironmentRecord } from '../records/environment-record.js';
import type { AffectedJwk, GivenDecision } from '../jwks/rules/jwk-decision.js';
import { outgrownWarnings } from '../deployments/rules/outgrown.js';
import { refused } from '../records/refusal.js';
import { demandRetrust } from '../epochs/rules/demand-retrust.js';
import { type RollbackStep, planRollback, retrusted } from './rules/rollback-plan.js';
import { unknownEnvironment } from '../environments/change-environment.js';
import type { Database, Transaction } from '../../platform/postgres/database.js';
import type { Warning } from '../certificates/certificate-answer.js';
import { changeCertificates, environmentChanges, fingerprintsAfter } from '../certificates/change-certificates.js';
import { type CertificateChange, writtenChange } from '../certificates/rules/written-change.js';
import { foreseeOutgrown } from '../deployments/deploy.js';
import type { Result } from '../records/result.js';
import { deployOnce } from '../deployments/deploy-once.js';
import { lockCertificatesByName } from '../certificates/sql/lock-certificates.js';
import { lockEnvironments } from '../environments/sql/lock-environments.js';
import { fillHistory } from '../environments/sql/fill-history.js';
import { environmentsByName } from '../environments/sql/read-environments.js';
import { namesInEnvironment, pastEntries } from './sql/read-past.js';
import type { Request } from '../requests/request.js';
import { affectedJwks, lockLinkedJwks } from '../certificates/apply-jwk-decision.js';
import type { Sql } from '../../platform/postgres/statement.js';

export interface Rollback {
  readonly environment: string;
  /** The revision to return to. */
  readonly revision: number;
  /** The current revision, as the plan was shown. */
  readonly expectedRevision: number;
  /** Fingerprints that are confirmed to be trusted again. */
  readonly retrust: readonly string[];
  readonly jwkDecision: readonly GivenDecision[];
  /** The environment's name, typed as a confirmation of the decision; null: it was not typed. */
  readonly confirmName: string | null;
}

export interface RollbackPlan {
  readonly environment: EnvironmentRecord;
  readonly steps: readonly RollbackStep[];
  readonly affected: readonly AffectedJwk[];
  readonly warnings: readonly Warning[];
}

export interface RollbackAnswer {
  readonly environmentId: string;
  /** null: it was so already. */
  readonly deploymentId: string | null;
  readonly warnings: readonly Warning[];
}

/** An environment or a revision that does not exist, or whose entries are not known any more. */
export interface NoSuchRevision {
  /** The revisions that exist; null: there is no such environment. */
  readonly revisions: { readonly first: number; readonly last: number } | null;
}

/** Plans a rollback without making it. */
export function rollbackPlan(
  database: Database,
  name: string,
  revision: number,
): Promise<RollbackPlan | NoSuchRevision> {
  return database.transaction(async (sql) => {
    const [environment] = await environmentsByName(sql, [name]);
    if (!environment) return { revisions: null };
    const first = await fillHistory(sql, environment.id);
    if (revision < first || revision > environment.revision)
      return { revisions: { first, last: environment.revision } };
    const steps = await stepsTo(sql, environment, { start: first, revision }, { lock: false });
    const written = steps.map((step) => writtenChange(changeOf(step), { deploymentId: '', now: '' }));
    const linked = await lockLinkedJwks(
      sql,
      written.flatMap(({ before }) => before?.certificate.id ?? []),
    );
    return {
      environment,
      steps,
      affected: await affectedJwks(sql, linked, fingerprintsAfter(written)),
      warnings: outgrownWarnings(await foreseeOutgrown(sql, environmentChanges(written), new Map())),
    };
  }, 'REPEATABLE READ');
}

/** Leads an environment back to a revision by ordinary changes: one new revision, and all checks of any change. */
export function rollbackEnvironment(
  database: Database,
  request: Request,
  input: Rollback,
): Promise<Result<RollbackAnswer>> {
  const attempt = async (sql: Transaction): Promise<RollbackAnswer> => {
    const { revision, expectedRevision } = input;
    const [environment] = await environmentsByName(sql, [input.environment]);
    if (!environment) throw refused({ ...unknownEnvironment(input.environment), field: ['environment'] });
    const start = await fillHistory(sql, environment.id);
    if (revision < start || revision > environment.revision)
      throw refused({ code: 'INVALID_INPUT', message: 'there is no such revision', field: ['revision'] });
    const steps = await stepsTo(sql, environment, { start, revision }, { lock: true });
    // Read again: a change that the lock waited for has moved it.
    const [current = environment] = await environmentsByName(sql, [environment.name]);
    if (current.revision !== expectedRevision) throw planChanged(current.revision);
    demandRetrust(
      retrusted(steps).map(({ name, after }) => ({ name, fingerprint: after?.fingerprint ?? '' })),
      input.retrust,
    );
    const { id: environmentId, name } = environment;
    const { deployed, ...answer } = await changeCertificates(sql, request, {
      changes: steps.map((step) => ({ ...changeOf(step), at: [], recordedIn: [name], jwkDecision: null })),
      jwkDecision: { given: input.jwkDecision, confirmation: { typed: input.confirmName, name } },
      by: 'rollbackEnvironment',
      answer: ({ deploymentId }): RollbackAnswer => ({ environmentId, deploymentId, warnings: [] }),
      audit: ({ deploymentId, jwks }) =>
        steps.length === 0 ? null : { action: 'rollbackEnvironment', details: { deploymentId, revision, jwks } },
    });
    // The environment was read before it was locked.
    const [position] = deployed ?? [];
    if (position && position.revision !== expectedRevision + 1) throw planChanged(position.revision - 1);
    return answer;
  };
  return deployOnce(database, request, () => database.transaction(attempt));
}

async function stepsTo(
  sql: Sql,
  { id, name }: EnvironmentRecord,
  range: { readonly start: number; readonly revision: number },
  options: { readonly lock: boolean },
): Promise<RollbackStep[]> {
  const past = await pastEntries(sql, id, range);
  const names = [...new Set([...past.map((entry) => entry.name), ...(await namesInEnvironment(sql, id))])];
  // Certificates keep their entries in other environments, which are written anew.
  const locked = options.lock ? await lockEnvironments(sql, { environments: [name], certificateNames: names }) : null;
  const existing = await lockCertificatesByName(sql, names, options);
  for (const { entries } of existing.values()) locked?.assertHold(entries);
  return planRollback(id, past, existing);
}

function changeOf({ id, name, texts, existing, definitions }: RollbackStep): CertificateChange {
  const after = definitions.length === 0 ? null : { id, name, ...texts, definitions, certificates: [] };
  return { before: existing, after };
}

function planChanged(revision: number) {
  const message = `revision ${revision} is current: the rollback would do something else now`;
  return refused({ code: 'PLAN_CHANGED', message, field: ['expectedRevision'] });
}
