import type { Grants } from '../records/grants.js';
import { isWritten, changeOf, planId, type ConflictPolicy, type ImportedCertificate } from './rules/import-plan.js';
import { type ImportItem, importItem, importRefusals } from './rules/import-answer.js';
import { outgrownWarnings } from '../deployments/rules/outgrown.js';
import type { ReportImport } from './rules/import-progress.js';
import { RefusedError, refused } from '../records/refusal.js';
import type { Result } from '../records/result.js';
import type { Database } from '../../platform/postgres/database.js';
import type { Warning } from '../certificates/certificate-answer.js';
import { changeCertificates, environmentChanges } from '../certificates/change-certificates.js';
import { writtenChange } from '../certificates/rules/written-change.js';
import { foreseeOutgrown, sizesOf } from '../deployments/deploy.js';
import { deployOnce } from '../deployments/deploy-once.js';
import { importJwks } from './import-jwks.js';
import { type ImportPlan, planImportNow } from './plan-import.js';
import type { Request } from '../requests/request.js';
import type { Sql } from '../../platform/postgres/statement.js';

export interface Import {
  /** Name of the mutation, for the audit. */
  readonly action: string;
  readonly certificates: readonly ImportedCertificate[];
  readonly policy: ConflictPolicy;
  /** Refused certificates are left out; otherwise one that is refused refuses the import. */
  readonly partial: boolean;
  readonly dryRun: boolean;
  /** The plan that was previewed; null: any. */
  readonly expectedPlan: string | null;
}

export interface ImportAnswer {
  readonly plan: string;
  readonly items: readonly ImportItem[];
  /** null: no environment's set changed. */
  readonly deploymentId: string | null;
  /** Warnings about the import as a whole. */
  readonly warnings: readonly Warning[];
}

/** A refused import also says what it would do now: another request may have been faster. */
export type ImportResult = Result<ImportAnswer> & { readonly wouldBe?: ImportAnswer | null };

/** Plans an import, and makes it unless it is a dry run: all of it in one transaction and one revision per environment. */
export async function importCertificates(
  database: Database,
  request: Request,
  input: Import,
  report: ReportImport,
): Promise<ImportResult> {
  const attempt = (): Promise<ImportAnswer> =>
    database.transaction(
      async (sql) => {
        report('PLANNING', 0, input.certificates.length);
        const planned = await planImportNow(sql, input, { lock: !input.dryRun });
        const answer = answerOf(planned);
        if (input.expectedPlan !== null && input.expectedPlan !== answer.plan)
          throw refused({
            code: 'PLAN_CHANGED',
            message: 'the plan has changed since the preview: preview the import again',
            field: ['expectedPlan'],
          });
        if (input.dryRun)
          return {
            ...answer,
            warnings: await foreseenWarnings(sql, planned, { grants: request.grants, action: input.action }),
          };
        const refusals = importRefusals(planned.plan);
        if (refusals.length > 0 && !input.partial) throw new RefusedError(refusals);
        report('STORING', 0, planned.plan.filter(isWritten).length);
        return makeImport(sql, request, planned, { action: input.action, answer });
      },
      input.dryRun ? 'REPEATABLE READ' : undefined,
    );
  // A request that was faster is seen by the next attempt.
  const result = await deployOnce(database, request, attempt);
  return result.ok ? result : { ...result, wouldBe: await wouldBe(database, input) };
}

/** The answer before anything is written. */
function answerOf({ plan, environmentIds }: ImportPlan): ImportAnswer {
  const items = plan.map((item) => importItem(item, environmentIds));
  return { plan: planId(plan), items, deploymentId: null, warnings: [] };
}

async function foreseenWarnings(
  sql: Sql,
  { plan, environmentIds }: ImportPlan,
  by: { readonly grants: Grants; readonly action: string },
): Promise<Warning[]> {
  const written = plan.filter(isWritten);
  const changes = written.map((item) => writtenChange(changeOf(item, environmentIds), { deploymentId: '', now: '' }));
  const sizes = sizesOf(written.flatMap(({ certificates }) => certificates));
  return outgrownWarnings(await foreseeOutgrown(sql, environmentChanges(changes), sizes, by));
}

/** Of one snapshot: a refused import may have seen half of another change. null: it cannot be planned. */
async function wouldBe(database: Database, input: Import): Promise<ImportAnswer | null> {
  try {
    return await database.transaction(
      async (snapshot) => answerOf(await planImportNow(snapshot, input, { lock: false })),
      'REPEATABLE READ',
    );
  } catch (error) {
    if (error instanceof RefusedError) return null;
    throw error;
  }
}

function makeImport(
  sql: Sql,
  request: Request,
  { plan, environmentIds }: ImportPlan,
  { action, answer }: { readonly action: string; readonly answer: ImportAnswer },
): Promise<ImportAnswer> {
  const written = plan.filter(isWritten);
  return changeCertificates(sql, request, {
    changes: written.map((item) => ({
      ...changeOf(item, environmentIds),
      at: [],
      recordedIn: item.definitions.flatMap(({ environments }) => environments),
      // `linkedJwks` refuses what would need a decision.
      jwkDecision: null,
    })),
    by: action,
    also: () => importJwks(sql, request, { action, plan: written, environmentIds }),
    answer: ({ deploymentId }) => ({ ...answer, deploymentId }),
    audit: ({ deploymentId }) => ({
      action,
      details: { deploymentId, plan: answer.plan, certificates: written.length },
    }),
  });
}
