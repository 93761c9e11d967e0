import { randomUUID } from 'node:crypto';
import type { CertificateRecord } from '../records/certificate-record.js';
import type { EnvironmentRecord } from '../records/environment-record.js';
import { type AffectedJwk, type GivenDecision } from '../jwks/rules/jwk-decision.js';
import { outgrownWarnings } from '../deployments/rules/outgrown.js';
import { changesBetween, keepDeployments, mergeChanges } from '../records/placement.js';
import { definitionRecords, placementsOf } from '../certificates/rules/planned-placements.js';
import { refused } from '../records/refusal.js';
import { demandRetrust } from '../epochs/rules/demand-retrust.js';
import { type RollbackStep, planRollback, retrusted } from './rules/rollback-plan.js';
import { unknownEnvironment } from '../environments/change-environment.js';
import type { Database } from '../../platform/postgres/database.js';
import { type Warning, withOutgrown } from '../certificates/certificate-answer.js';
import { deploy, foreseeOutgrown } from '../deployments/deploy.js';
import type { Outcome } from '../records/outcome.js';
import { deployOnce } from '../deployments/deploy-once.js';
import { keepAnswer } from '../requests/idempotent.js';
import { lockCertificatesByName } from '../certificates/sql/lock-certificate.js';
import { lockEnvironments } from '../environments/sql/lock-environments.js';
import { environmentsByName } from '../environments/sql/read-environments.js';
import { namesInEnvironment, pastCertificates } from './sql/read-past.js';
import type { Request } from '../requests/request.js';
import { clearDefinitions } from '../certificates/sql/rewrite-certificates.js';
import { affectedJwks, lockLinkedJwks, settleJwks } from '../certificates/settle-jwks.js';
import { type Sql, statement } from '../../platform/postgres/statement.js';
import { storeDefinitions } from '../certificates/sql/store-definitions.js';
import { writeAudits } from '../audit/sql/write-audit.js';

export interface Rollback {
  readonly environment: string;
  /** What it goes back to. */
  readonly revision: number;
  /** The current revision, as the plan was shown. */
  readonly expectedRevision: number;
  /** Fingerprints that are meant to be trusted again. */
  readonly retrust: readonly string[];
  readonly jwkDecision: readonly GivenDecision[];
  /** The environment's name, typed by who decides about JWKs; null: not typed. */
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

const ADD = statement<object>(
  'rollback_add',
  `INSERT INTO certificates (id, name, description)
   SELECT id, name, description FROM jsonb_to_recordset($1::jsonb) AS c (id uuid, name text, description text)
   ORDER BY name COLLATE "C"`,
);
const DELETE = statement<object>('rollback_delete', 'DELETE FROM certificates WHERE id = ANY ($1)');
const SAVE = statement<object>(
  'rollback_save',
  'UPDATE certificates SET version = version + 1, updated_at = now() WHERE id = ANY ($1)',
);

/** What is not there: the environment, or the revision of one whose last is another. */
export interface NoSuchRevision {
  readonly latest: number | null;
}

/** What a rollback would do now. */
export function rollbackPlan(
  database: Database,
  name: string,
  revision: number,
): Promise<RollbackPlan | NoSuchRevision> {
  return database.transaction(async (sql) => {
    const [environment] = await environmentsByName(sql, [name]);
    if (!environment) return { latest: null };
    if (revision < 0 || revision > environment.revision) return { latest: environment.revision };
    const steps = await stepsTo(sql, environment, revision, { lock: false });
    const linked = await lockLinkedJwks(sql, idsOf(steps));
    const changes = steps.flatMap(({ existing, definitions }) =>
      changesBetween(existing?.placements ?? [], placementsOf(definitions, identityOf(steps), '')),
    );
    return {
      environment,
      steps,
      affected: await affectedJwks(sql, linked, fingerprintsAfter(environment.id, steps)),
      warnings: outgrownWarnings(await foreseeOutgrown(sql, mergeChanges(changes), new Map())),
    };
  }, 'REPEATABLE READ');
}

/** Leads an environment back to a revision by ordinary changes: one new revision, and all checks of any change. */
export function rollbackEnvironment(
  database: Database,
  request: Request,
  input: Rollback,
): Promise<Outcome<RollbackAnswer>> {
  const attempt = (): Promise<RollbackAnswer> =>
    database.transaction(async (sql) => {
      const [environment] = await environmentsByName(sql, [input.environment]);
      if (!environment) throw refused({ ...unknownEnvironment(input.environment), field: ['environment'] });
      if (input.revision < 0 || input.revision > environment.revision)
        throw refused({ code: 'INVALID_INPUT', message: 'there is no such revision', field: ['revision'] });
      const steps = await stepsTo(sql, environment, input.revision, { lock: true });
      // Read again: whoever was waited for has moved it.
      const [current = environment] = await environmentsByName(sql, [environment.name]);
      if (current.revision !== input.expectedRevision) throw planChanged(current.revision);
      demandRetrust(
        retrusted(steps).map(({ name, after }) => ({ name, fingerprint: after?.fingerprint ?? '' })),
        input.retrust,
      );
      return apply(sql, request, input, environment, steps);
    });
  return deployOnce(database, request, attempt);
}

async function stepsTo(sql: Sql, { id, name }: EnvironmentRecord, revision: number, options: { lock: boolean }) {
  const past = await pastCertificates(sql, id, revision);
  const names = [...new Set([...past.map((each) => each.name), ...(await namesInEnvironment(sql, id))])];
  // Certificates keep their lines in other environments, which are written anew.
  const locked = options.lock ? await lockEnvironments(sql, { environments: [name], certificateNames: names }) : null;
  const existing = await lockCertificatesByName(sql, names, options);
  for (const { placements } of existing.values()) locked?.assertHold(placements);
  return planRollback(id, past, existing);
}

async function apply(
  sql: Sql,
  request: Request,
  { revision, jwkDecision, confirmName, expectedRevision }: Rollback,
  environment: EnvironmentRecord,
  steps: readonly RollbackStep[],
): Promise<RollbackAnswer> {
  const deploymentId = randomUUID();
  const linked = await lockLinkedJwks(sql, idsOf(steps));
  const ids = identityOf(steps);
  const stored = steps.map((step) => {
    const before = step.existing?.placements ?? [];
    const placements = keepDeployments(before, placementsOf(step.definitions, ids, deploymentId));
    return { ...step, certificateId: step.id, certificates: [], before, placements };
  });
  const left = stored.filter(({ definitions }) => definitions.length > 0);
  await sql.query(ADD, [
    JSON.stringify(
      steps.filter(({ existing }) => !existing).map(({ id, name, description }) => ({ id, name, description })),
    ),
  ]);
  await clearDefinitions(
    sql,
    stored.map(({ id }) => id),
    left.flatMap(({ definitions }) => definitions),
  );
  await storeDefinitions(sql, ...left);
  const jwks = await settleJwks(sql, {
    linked,
    fingerprintAfter: fingerprintsAfter(environment.id, steps),
    given: jwkDecision,
    confirmation: { typed: confirmName, name: environment.name },
  });
  if (steps.length === 0) {
    const unchanged: RollbackAnswer = { environmentId: environment.id, deploymentId: null, warnings: [] };
    await keepAnswer(sql, request, unchanged);
    return unchanged;
  }
  await sql.query(DELETE, [stored.filter(({ definitions }) => definitions.length === 0).map(({ id }) => id)]);
  await sql.query(SAVE, [left.filter(({ existing }) => existing).map(({ id }) => id)]);
  const changes = mergeChanges(stored.flatMap(({ before, placements }) => changesBetween(before, placements)));
  const answer: RollbackAnswer = {
    environmentId: environment.id,
    deploymentId: changes.length > 0 ? deploymentId : null,
    warnings: [],
  };
  await writeAudits(
    sql,
    request,
    steps.map((step) => ({
      action: !step.existing
        ? 'createCertificate'
        : step.definitions.length > 0
          ? 'updateCertificate'
          : 'deleteCertificate',
      certificateId: step.id,
      ...(step.existing && { before: step.existing.certificate }),
      ...(step.definitions.length > 0 && { after: recordOf(step, ids) }),
      details: { deploymentId, by: 'rollbackEnvironment' },
      environments: [environment.name],
    })),
  );
  const positions = await deploy(sql, {
    deploymentId,
    changes,
    request,
    audit: { action: 'rollbackEnvironment', details: { deploymentId: answer.deploymentId, revision, jwks } },
    answer,
  });
  // The environment was read before it was locked.
  const [deployed] = positions;
  if (deployed && deployed.revision !== expectedRevision + 1) throw planChanged(deployed.revision - 1);
  return withOutgrown(answer, positions);
}

/** Steps name environments by their ids already. */
function identityOf(steps: readonly RollbackStep[]): ReadonlyMap<string, string> {
  return new Map(
    steps.flatMap(({ definitions }) => definitions.flatMap((each) => each.environments.map((id) => [id, id]))),
  );
}

function idsOf(steps: readonly RollbackStep[]): string[] {
  return steps.flatMap(({ existing }) => existing?.certificate.id ?? []);
}

/** Everywhere else nothing changes. */
function fingerprintsAfter(environmentId: string, steps: readonly RollbackStep[]) {
  const lines = new Map(steps.map(({ id, after }) => [id, after?.fingerprint ?? null]));
  return (jwk: AffectedJwk['jwk']): string | null =>
    jwk.environmentId === environmentId ? (lines.get(jwk.link?.certificateId ?? '') ?? null) : jwk.fingerprint;
}

function recordOf(
  { id, name, description, definitions, existing }: RollbackStep,
  ids: ReadonlyMap<string, string>,
): CertificateRecord {
  const now = new Date().toISOString();
  const kept = existing?.certificate ?? { id, name, description, version: 0, createdAt: now };
  return { ...kept, version: kept.version + 1, updatedAt: now, definitions: definitionRecords(definitions, ids) };
}

function planChanged(revision: number) {
  const message = `revision ${revision} is current: the rollback would do something else now`;
  return refused({ code: 'PLAN_CHANGED', message, field: ['expectedRevision'] });
}
