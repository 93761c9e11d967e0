import { randomUUID } from 'node:crypto';
import type { CertificateRecord } from '../records/certificate-record.js';
import { changes, innerCollisions } from '../certificates/rules/collisions.js';
import {
  type ConflictPolicy,
  type ImportAction,
  type ImportedCertificate,
  type PlannedImport,
  type SubmittedDefinition,
  planId,
  planImport,
  withCollisions,
} from './rules/import-plan.js';
import { outgrownWarnings } from '../deployments/rules/outgrown.js';
import type { ReportImport } from './rules/import-progress.js';
import { changesBetween, keepDeployments, mergeChanges } from '../records/placement.js';
import { definitionRecords, placementsOf } from '../certificates/rules/planned-placements.js';
import { type Refusal, RefusedError, refused } from '../records/refusal.js';
import { compromisedImports } from '../certificates/compromised-certificates.js';
import type { Database } from '../../platform/postgres/database.js';
import { type Warning, withOutgrown } from '../certificates/certificate-answer.js';
import { deploy, foreseeOutgrown, sizesOf } from '../deployments/deploy.js';
import { environmentIds } from '../environments/sql/environment-ids.js';
import { importCollisions } from '../certificates/sql/explain-collision.js';
import { deployOnce } from '../deployments/deploy-once.js';
import { followingJwks, importJwkCollisions, importJwks, linkedJwks } from './import-jwks.js';
import { lockCertificatesByName } from '../certificates/sql/lock-certificate.js';
import { lockEnvironments } from '../environments/sql/lock-environments.js';
import type { Request } from '../requests/request.js';
import { type Sql, statement } from '../../platform/postgres/statement.js';
import { clearDefinitions, saveCertificates } from '../certificates/sql/rewrite-certificates.js';
import { storeDefinitions } from '../certificates/sql/store-definitions.js';
import { writeAudits } from '../audit/sql/write-audit.js';

export interface Import {
  /** Name of the mutation, for the audit. */
  readonly action: string;
  readonly certificates: readonly ImportedCertificate[];
  readonly policy: ConflictPolicy;
  /** What is refused is left out; otherwise nothing is imported when anything is. */
  readonly partial: boolean;
  readonly dryRun: boolean;
  /** The plan that was previewed; null: any. */
  readonly expectedPlan: string | null;
}

/** A definition in the light of an import. */
export interface ImportedDefinition {
  readonly alias: string;
  /** null: the certificate cannot be read, or is refused. */
  readonly fingerprint: string | null;
  readonly environmentIds: readonly string[];
}

export interface ImportItem {
  readonly name: string;
  readonly action: ImportAction;
  readonly certificateId: string | null;
  /** As the file has them. */
  readonly submitted: readonly ImportedDefinition[];
  /** As they are before the import; null: the certificate is not there. */
  readonly before: readonly ImportedDefinition[] | null;
  /** As they are after it; null: the certificate is not there then. */
  readonly after: readonly ImportedDefinition[] | null;
  /** Those that are added. */
  readonly jwks: readonly { readonly environment: string; readonly name: string; readonly algorithm: string }[];
  readonly warnings: readonly { readonly code: string; readonly message: string; readonly field: null }[];
  readonly refusals: readonly Refusal[];
}

export interface ImportAnswer {
  readonly plan: string;
  readonly items: readonly ImportItem[];
  /** null: no environment's set changed. */
  readonly deploymentId: string | null;
  /** Of the import as a whole. */
  readonly warnings: readonly Warning[];
}

/** What is refused says also what it would do now: somebody else may have been faster. */
export type ImportOutcome =
  { readonly answer: ImportAnswer } | { readonly refusals: readonly Refusal[]; readonly wouldBe?: ImportAnswer | null };

const ADD = statement<object>(
  'import_add',
  `INSERT INTO certificates (id, name, description, created_at, updated_at)
   SELECT id, name, description, $2, $2 FROM jsonb_to_recordset($1::jsonb) AS c (id uuid, name text, description text)
   ORDER BY name COLLATE "C"`,
);

/** Plans an import, and makes it unless it is a dry run: all of it in one transaction and one revision per environment. */
export async function importCertificates(
  database: Database,
  request: Request,
  input: Import,
  report: ReportImport,
): Promise<ImportOutcome> {
  const attempt = (): Promise<ImportAnswer> =>
    database.transaction(
      async (transaction) => {
        report('PLANNING', 0, input.certificates.length);
        const { plan, answer } = await planned(transaction, input);
        if (input.expectedPlan !== null && input.expectedPlan !== answer.plan)
          throw refused({
            code: 'PLAN_CHANGED',
            message: 'the plan has changed since the preview: preview the import again',
            field: ['expectedPlan'],
          });
        if (input.dryRun) return { ...answer, warnings: await foreseenWarnings(transaction, plan) };
        const refusals = refusalsOf(plan);
        if (refusals.length > 0 && !input.partial) throw new RefusedError(refusals);
        report('STORING', 0, plan.filter(changes).length);
        return apply(transaction, request, input.action, plan, answer);
      },
      input.dryRun ? 'REPEATABLE READ' : undefined,
    );
  // Whoever came first is seen by the next attempt.
  const outcome = await deployOnce(database, request, attempt);
  return 'answer' in outcome ? outcome : { ...outcome, wouldBe: await wouldBe(database, input) };
}

/** What an import that is not made would be warned of. */
async function foreseenWarnings(sql: Sql, plan: readonly PlannedImport[]): Promise<Warning[]> {
  const changed = plan.filter(changes);
  const ids = await environmentIds(sql, [
    ...new Set(changed.flatMap(({ definitions }) => definitions.flatMap(({ environments }) => environments))),
  ]);
  const merged = mergeChanges(
    changed.flatMap(({ existing, definitions }) =>
      changesBetween(existing?.placements ?? [], placementsOf(definitions, ids, '')),
    ),
  );
  const sizes = sizesOf(changed.flatMap(({ certificates }) => certificates));
  return outgrownWarnings(await foreseeOutgrown(sql, merged, sizes));
}

/** Of one snapshot: what was refused may have seen half of somebody else's change. null: there is no plan. */
async function wouldBe(database: Database, input: Import): Promise<ImportAnswer | null> {
  const again = { ...input, dryRun: true };
  try {
    return await database.transaction(async (snapshot) => (await planned(snapshot, again)).answer, 'REPEATABLE READ');
  } catch (error) {
    if (error instanceof RefusedError) return null;
    throw error;
  }
}

async function planned(sql: Sql, input: Import): Promise<{ plan: PlannedImport[]; answer: ImportAnswer }> {
  const { plan, ids } = await planOf(sql, input);
  const items = plan.map((item) => itemOf(item, ids));
  return { plan, answer: { plan: planId(plan), items, deploymentId: null, warnings: [] } };
}

async function planOf(
  sql: Sql,
  { certificates, policy, dryRun }: Import,
): Promise<{ readonly plan: PlannedImport[]; readonly ids: ReadonlyMap<string, string> }> {
  const names = certificates.flatMap(({ definitions }) => definitions.flatMap(({ environments }) => environments));
  const certificateNames = certificates.map(({ name }) => name.normalize('NFC'));
  const locked = dryRun ? null : await lockEnvironments(sql, { environments: names, certificateNames });
  const ids = await environmentIds(sql, [...new Set(names)]);
  const existing = await lockCertificatesByName(sql, certificateNames, { lock: !dryRun });
  for (const { placements } of existing.values()) locked?.assertHold(placements);
  let plan = planImport(certificates, existing, ids, await followingJwks(sql, existing), policy);
  // No policy skips it in silence.
  plan = withCollisions(plan, await compromisedImports(sql, plan, ids), 'REFUSE');
  plan = withCollisions(plan, await linkedJwks(sql, plan, ids), policy);
  plan = withCollisions(plan, await importJwkCollisions(sql, plan, ids), policy);
  // One that is left out gives nothing free for the others: they are looked at again.
  for (let left = -1, before = -2; left !== before;) {
    before = plan.filter(changes).length;
    plan = withCollisions(plan, innerCollisions(plan), policy);
    const wanted = plan.map((item) => (changes(item) ? item : null));
    plan = withCollisions(plan, await importCollisions(sql, wanted), policy);
    left = plan.filter(changes).length;
  }
  return { plan, ids };
}

function refusalsOf(plan: readonly PlannedImport[]): Refusal[] {
  return plan.flatMap(({ action, refusals }, index) =>
    action === 'REFUSE'
      ? refusals.map((refusal) => ({ ...refusal, field: ['items', String(index), ...(refusal.field ?? [])] }))
      : [],
  );
}

function itemOf(item: PlannedImport, ids: ReadonlyMap<string, string>): ImportItem {
  const { name, action, id, existing, jwks, refusals, warnings } = item;
  const shown = ({ alias, fingerprint, environments }: SubmittedDefinition): ImportedDefinition => ({
    alias,
    fingerprint,
    environmentIds: environments.map((environment) => ids.get(environment) ?? ''),
  });
  const before =
    existing?.certificate.definitions.map(({ alias, fingerprint, environmentIds: own }) => ({
      alias,
      fingerprint,
      environmentIds: own,
    })) ?? null;
  return {
    name,
    action,
    jwks: changes(item)
      ? jwks.map(({ environment, name: own, algorithm }) => ({ environment, name: own, algorithm }))
      : [],
    certificateId: existing || action === 'ADD' ? id : null,
    submitted: item.submitted.map(shown),
    before,
    after: changes(item) ? item.definitions.map(shown) : before,
    refusals,
    warnings: warnings.map(({ code, message }) => ({ code, message, field: null })),
  };
}

async function apply(
  sql: Sql,
  request: Request,
  action: string,
  plan: readonly PlannedImport[],
  shown: ImportAnswer,
): Promise<ImportAnswer> {
  const deploymentId = randomUUID();
  const now = new Date().toISOString();
  const changed = plan.filter(changes);
  const ids = await environmentIds(sql, [
    ...new Set(changed.flatMap(({ definitions }) => definitions.flatMap(({ environments }) => environments))),
  ]);
  const replaced = changed.filter(({ action: done }) => done === 'REPLACE');
  const rows = (items: readonly PlannedImport[]) =>
    JSON.stringify(
      items.map((item) => ({ id: item.id, name: item.name.normalize('NFC'), description: item.description })),
    );
  await sql.query(ADD, [rows(changed.filter(({ action: done }) => done === 'ADD')), now]);
  await saveCertificates(sql, replaced, now);
  await clearDefinitions(
    sql,
    replaced.map((item) => item.id),
    replaced.flatMap(({ definitions }) => definitions),
  );
  const stored = changed.map((item) => {
    const before = item.existing?.placements ?? [];
    return {
      ...item,
      certificateId: item.id,
      before,
      placements: keepDeployments(before, placementsOf(item.definitions, ids, deploymentId)),
    };
  });
  await storeDefinitions(sql, ...stored);
  await writeAudits(
    sql,
    request,
    changed.map((item) => ({
      action: item.existing ? 'updateCertificate' : 'createCertificate',
      certificateId: item.id,
      ...(item.existing && { before: item.existing.certificate }),
      after: recordOf(item, ids, now),
      details: { deploymentId, by: action },
      environments: item.definitions.flatMap(({ environments }) => environments),
    })),
  );
  await importJwks(sql, request, { action, plan: changed, environmentIds: ids });
  const deployed = mergeChanges(stored.flatMap(({ before, placements }) => changesBetween(before, placements)));
  const answer: ImportAnswer = {
    ...shown,
    deploymentId: deployed.length > 0 ? deploymentId : null,
  };
  const positions = await deploy(sql, {
    deploymentId,
    changes: deployed,
    request,
    audit: { action, details: { deploymentId: answer.deploymentId, plan: shown.plan, certificates: changed.length } },
    answer,
  });
  return withOutgrown(answer, positions);
}

function recordOf(
  { id, name, description, definitions, existing }: PlannedImport,
  ids: ReadonlyMap<string, string>,
  now: string,
): CertificateRecord {
  return {
    id,
    name,
    description,
    version: (existing?.certificate.version ?? 0) + 1,
    createdAt: existing?.certificate.createdAt ?? now,
    updatedAt: now,
    definitions: definitionRecords(definitions, ids),
  };
}
