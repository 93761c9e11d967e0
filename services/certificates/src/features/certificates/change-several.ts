import type { CertificateRecord } from '../records/certificate-record.js';
import type { Result } from '../records/result.js';
import { isUuid } from '../records/is-uuid.js';
import type { Database, Transaction } from '../../platform/postgres/database.js';
import { writeAudits } from '../audit/sql/write-audit.js';
import { deployOnce } from '../deployments/deploy-once.js';
import { type EnsuredEnvironment, ensureEnvironments } from '../environments/ensure-environments.js';
import { lockEnvironments } from '../environments/sql/lock-environments.js';
import type { Request } from '../requests/request.js';
import { UNCHANGED, type Warning, warningsOf } from './certificate-answer.js';
import { type MadeChange, changeCertificates } from './change-certificates.js';
import { type PlannedChange, type SeveralChanges, planSeveral } from './plan-several.js';
import type { ReadDefinition } from './rules/definition-input.js';
import { pathed } from '../records/refusal-paths.js';
import { type PlacedDefinitions, placed } from './rules/place-refusals.js';
import { setOwner } from './sql/certificate-owners.js';

export interface ChangeSeveral extends SeveralChanges {
  readonly environments: readonly EnsuredEnvironment[];
  /** Everything is done, answered, and undone. */
  readonly dryRun: boolean;
}

export interface CertificatesAnswer {
  /** Those that were created, then those that were updated, in the order of the input. */
  readonly certificates: readonly CertificateRecord[];
  /** null when no environment's set changed. */
  readonly deploymentId: string | null;
  readonly warnings: readonly Warning[];
  /** false: all were exactly so already, and nothing was done. */
  readonly changed: boolean;
}

/** Carries the answer of a dry run out of its transaction, which it rolls back. */
class DryRun extends Error {
  constructor(readonly answer: CertificatesAnswer) {
    super('dry run');
  }
}

/**
 * Makes several changes at once, all or none, in one revision per environment: what one certificate releases, another may
 * take. A dry run does the same and rolls it back, so that it refuses exactly what the real one would.
 */
export function changeSeveral(
  database: Database,
  request: Request,
  input: ChangeSeveral,
): Promise<Result<CertificatesAnswer>> {
  const attempt = async (): Promise<CertificatesAnswer> => {
    try {
      return await database.transaction(async (sql) => {
        const answer = await makeChanges(sql, request, input);
        if (input.dryRun) throw new DryRun(answer);
        return answer;
      });
    } catch (error) {
      if (error instanceof DryRun) return error.answer;
      throw error;
    }
  };
  // A request that was faster is seen by the next attempt.
  const result = deployOnce(database, request, attempt);
  return placed(result, () => [...placesOf('creates', input.creates), ...placesOf('updates', input.updates)]);
}

function placesOf(
  list: 'creates' | 'updates',
  changes: readonly { readonly definitions: readonly ReadDefinition[] }[],
): readonly PlacedDefinitions[] {
  return changes.map(({ definitions }, index) => ({
    at: [list, String(index)],
    definitions: definitions.map(({ environments, certificate }) => ({
      environments,
      fingerprint: certificate?.ok ? certificate.value.fingerprint : '',
    })),
  }));
}

async function makeChanges(sql: Transaction, request: Request, input: ChangeSeveral): Promise<CertificatesAnswer> {
  const { creates, updates, deletions, owner } = input;
  const locked = await lockEnvironments(sql, {
    environments: [
      ...input.environments.map(({ name }) => name),
      ...[...creates, ...updates].flatMap(({ definitions }) => definitions.flatMap(({ environments }) => environments)),
    ],
    certificateIds: [...updates, ...deletions].map(({ id }) => id).filter(isUuid),
  });
  const environmentsChanged = await ensureEnvironments(sql, request, input.environments);
  const { changes, newOwners } = await planSeveral(sql, input, locked);
  const isKept = ({ changed, id }: MadeChange<PlannedChange>) => !changed && !newOwners.has(id);
  return changeCertificates(sql, request, {
    changes,
    by: 'changeCertificates',
    also: async () => {
      if (owner === null || newOwners.size === 0) return;
      await setOwner(sql, [...newOwners.keys()], owner);
      await writeAudits(
        sql,
        request,
        changes.flatMap(({ id, environments }) =>
          newOwners.has(id)
            ? [
                {
                  ...{ action: 'changeOwner', certificateId: id, environments },
                  ...{ before: { owner: newOwners.get(id) }, after: { owner } },
                },
              ]
            : [],
        ),
      );
    },
    answer: ({ deploymentId, changes: made }): CertificatesAnswer => {
      const present = made.filter(({ result }) => result !== null);
      const warnings = [
        ...present.flatMap((each) =>
          [...warningsOf(each.plan), ...(isKept(each) ? [UNCHANGED] : [])].map((warning) => pathed(each.at, warning)),
        ),
        ...made.flatMap((each) => each.warnings.map((warning) => pathed(each.at, warning))),
      ];
      return {
        certificates: present.flatMap(({ result }) => result?.certificate ?? []),
        deploymentId,
        warnings,
        changed: environmentsChanged || !made.every(isKept),
      };
    },
    audit: ({ deploymentId, changes: made }) =>
      deploymentId === null
        ? null
        : {
            action: 'changeCertificates',
            details: { deploymentId, certificates: made.filter(({ changed }) => changed).length },
          },
  });
}
