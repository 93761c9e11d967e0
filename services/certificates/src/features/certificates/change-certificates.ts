import { randomUUID } from 'node:crypto';
import type { CertificateRecord } from '../records/certificate-record.js';
import { isUuid } from '../records/is-uuid.js';
import type { JudgedDefinition } from './rules/definition-input.js';
import type { PlacedDefinitions } from './rules/place-refusals.js';
import { type Placement, changesBetween, keepDeployments, mergeChanges } from '../records/placement.js';
import { definitionRecords, placementsOf } from './rules/planned-placements.js';
import { isSameCertificate } from './rules/same-certificate.js';
import { UNCHANGED, type Warning, warningsOf, withOutgrown } from './certificate-answer.js';
import { ownersOf, setOwner } from './sql/certificate-owners.js';
import type { Database, Transaction } from '../../platform/postgres/database.js';
import { alsoInBase } from './delete-certificate.js';
import { deploy } from '../deployments/deploy.js';
import { ensureEnvironments } from '../environments/ensure-environments.js';
import { environmentIds } from '../environments/sql/environment-ids.js';
import type { Outcome } from '../records/outcome.js';
import { deployOnce } from '../deployments/deploy-once.js';
import { placed } from './rules/place-refusals.js';
import { keepAnswer } from '../requests/idempotent.js';
import { lockEnvironments } from '../environments/sql/lock-environments.js';
import { certificateImpacts } from './read/read-impact.js';
import { type CertificateChanges, type PlannedChange, pathed, planChanges, within } from './plan-changes.js';
import type { Request } from '../requests/request.js';
import { clearDefinitions, saveCertificates } from './sql/rewrite-certificates.js';
import { lockLinkedJwks, settleJwks } from './settle-jwks.js';
import { type Sql, statement } from '../../platform/postgres/statement.js';
import { storeDefinitions } from './sql/store-definitions.js';
import { writeAudits } from '../audit/sql/write-audit.js';

export interface CertificatesAnswer {
  /** Those that were created, then those that were updated, in the order of the input. */
  readonly certificates: readonly CertificateRecord[];
  /** null when no environment's set changed. */
  readonly deploymentId: string | null;
  readonly warnings: readonly Warning[];
  /** false: all were exactly so already, and nothing was done. */
  readonly changed: boolean;
}

const ADD = statement<object>(
  'certificates_add',
  `INSERT INTO certificates (id, name, description, created_at, updated_at)
   SELECT id, name, description, $2, $2 FROM jsonb_to_recordset($1::jsonb) AS c (id uuid, name text, description text)
   ORDER BY name COLLATE "C"`,
);
const DELETE = statement<object>('certificates_delete', 'DELETE FROM certificates WHERE id = ANY ($1)');

/** Carries the answer of a dry run out of its transaction, which is rolled back by it. */
class DryRun extends Error {
  constructor(readonly answer: CertificatesAnswer) {
    super('dry run');
  }
}

/**
 * Makes several changes at once, all or none, in one revision per environment: what one certificate frees, another may
 * take. A dry run does the same and rolls it back, so that it refuses exactly what the real one would.
 */
export function changeCertificates(
  database: Database,
  request: Request,
  changes: CertificateChanges,
): Promise<Outcome<CertificatesAnswer>> {
  const attempt = async (): Promise<CertificatesAnswer> => {
    try {
      return await database.transaction(async (sql) => {
        const answer = await makeChanges(sql, request, changes);
        if (changes.dryRun) throw new DryRun(answer);
        return answer;
      });
    } catch (error) {
      if (error instanceof DryRun) return error.answer;
      throw error;
    }
  };
  // Whoever came first is seen by the next attempt.
  const outcome = deployOnce(database, request, attempt);
  return placed(outcome, () => [...placesOf('creates', changes.creates), ...placesOf('updates', changes.updates)]);
}

function placesOf(
  list: 'creates' | 'updates',
  changes: readonly { readonly definitions: readonly JudgedDefinition[] }[],
): readonly PlacedDefinitions[] {
  return changes.map(({ definitions }, index) => ({
    at: [list, String(index)],
    definitions: definitions.map(({ environments, brought }) => ({
      environments,
      fingerprint: brought && !('code' in brought) ? brought.fingerprint : '',
    })),
  }));
}

async function makeChanges(sql: Transaction, request: Request, input: CertificateChanges): Promise<CertificatesAnswer> {
  const { creates, updates, deletions } = input;
  const locked = await lockEnvironments(sql, {
    environments: [
      ...input.environments.map(({ name }) => name),
      ...[...creates, ...updates].flatMap(({ definitions }) => definitions.flatMap(({ environments }) => environments)),
    ],
    certificateIds: [...updates, ...deletions].map(({ id }) => id).filter(isUuid),
  });
  const environmentsChanged = await ensureEnvironments(sql, request, input.environments);
  const planned = await planChanges(sql, input, locked);
  return apply(sql, request, planned, input.owner, environmentsChanged);
}

async function apply(
  sql: Sql,
  request: Request,
  planned: readonly PlannedChange[],
  owner: string | null,
  environmentsChanged: boolean,
): Promise<CertificatesAnswer> {
  const deploymentId = randomUUID();
  const now = new Date().toISOString();
  const linked = await lockLinkedJwks(
    sql,
    planned.flatMap(({ id, certificate }) => (certificate ? [id] : [])),
  );
  const names = planned.flatMap(({ definitions }) => definitions.flatMap(({ environments }) => environments));
  const ids = await environmentIds(sql, [...new Set(names)]);
  const settle = (item: PlannedChange, placements: readonly Placement[]) =>
    within(item.at, () =>
      settleJwks(sql, {
        linked: linked.filter(({ link }) => link?.certificateId === item.id),
        fingerprintAfter: ({ environmentId }) =>
          placements.find((placement) => placement.environmentId === environmentId)?.fingerprint ?? null,
        given: item.jwkDecision,
        confirmation: { typed: item.confirmName, name: item.name },
      }),
    );

  const deleted = planned.filter(({ at }) => at[0] === 'deletions');
  const deletedJwks = new Map<string, unknown>();
  const deletionWarnings: Warning[] = [];
  for (const item of deleted) {
    deletedJwks.set(item.id, await settle(item, []));
    const warnings = alsoInBase(await certificateImpacts(sql, [item.id]));
    deletionWarnings.push(...warnings.map((warning) => pathed(item.at, warning)));
  }
  await sql.query(DELETE, [deleted.map(({ id }) => id)]);

  const stored = planned
    .filter(({ at }) => at[0] !== 'deletions')
    .map((item) => {
      const placements = keepDeployments(item.before, placementsOf(item.definitions, ids, deploymentId));
      const definitions = definitionRecords(item.definitions, ids);
      const wanted: CertificateRecord = item.certificate
        ? { ...item.certificate, description: item.description, definitions }
        : {
            id: item.id,
            name: item.name,
            description: item.description,
            version: 0,
            createdAt: now,
            updatedAt: now,
            definitions,
          };
      const changed = !item.certificate || !isSameCertificate(item.certificate, wanted);
      const after = changed ? { ...wanted, version: wanted.version + 1, updatedAt: now } : wanted;
      return { ...item, certificateId: item.id, placements, after, changed };
    });
  const rewritten = stored.filter(({ changed }) => changed);
  const [created, updated] = [
    rewritten.filter(({ certificate }) => !certificate),
    rewritten.filter(({ certificate }) => certificate),
  ];
  await sql.query(ADD, [JSON.stringify(created.map(({ id, name, description }) => ({ id, name, description }))), now]);
  await saveCertificates(sql, updated, now);
  await clearDefinitions(
    sql,
    updated.map(({ id }) => id),
    updated.flatMap(({ definitions }) => definitions),
  );
  await storeDefinitions(sql, ...rewritten);
  const owners = await changeOwners(
    sql,
    stored.map(({ id }) => id),
    owner,
  );

  const changes = mergeChanges([
    ...deleted.flatMap(({ before }) => changesBetween(before, [])),
    ...stored.flatMap(({ before, placements }) => changesBetween(before, placements)),
  ]);
  const answer: CertificatesAnswer = {
    certificates: stored.map(({ after }) => after),
    deploymentId: changes.length > 0 ? deploymentId : null,
    warnings: [
      ...stored.flatMap((item) =>
        [...warningsOf(item), ...(item.changed || owners.has(item.id) ? [] : [UNCHANGED])].map((warning) =>
          pathed(item.at, warning),
        ),
      ),
      ...deletionWarnings,
    ],
    changed: rewritten.length + deleted.length + owners.size > 0 || environmentsChanged,
  };
  const audits: Parameters<typeof writeAudits>[2][number][] = [];
  for (const item of deleted)
    audits.push({
      action: 'deleteCertificate',
      certificateId: item.id,
      ...(item.certificate && { before: item.certificate }),
      details: { deploymentId: answer.deploymentId, by: 'changeCertificates', jwks: deletedJwks.get(item.id) },
      environments: [],
    });
  for (const item of stored) {
    const jwks = item.certificate ? await settle(item, item.placements) : undefined;
    if (!item.changed) continue;
    audits.push({
      action: item.certificate ? 'updateCertificate' : 'createCertificate',
      certificateId: item.id,
      ...(item.certificate && { before: item.certificate }),
      after: item.after,
      details: { deploymentId: answer.deploymentId, by: 'changeCertificates', jwks },
      environments: item.definitions.flatMap(({ environments }) => environments),
    });
  }
  for (const [id, before] of owners) {
    const { definitions } = stored.find((item) => item.id === id) ?? { definitions: [] };
    audits.push({
      action: 'changeOwner',
      certificateId: id,
      before: { owner: before },
      after: { owner },
      environments: definitions.flatMap(({ environments }) => environments),
    });
  }
  if (audits.length > 0) await writeAudits(sql, request, audits);
  if (changes.length === 0) {
    await keepAnswer(sql, request, answer);
    return answer;
  }
  const details = { deploymentId: answer.deploymentId, certificates: rewritten.length + deleted.length };
  const audit = { action: 'changeCertificates', details };
  return withOutgrown(answer, await deploy(sql, { deploymentId, changes, request, audit, answer }));
}

/** @returns the owner before, null for none, of those that have another one now */
async function changeOwners(
  sql: Sql,
  ids: readonly string[],
  owner: string | null,
): Promise<ReadonlyMap<string, string | null>> {
  if (owner === null) return new Map();
  const before = new Map((await ownersOf(sql, ids)).map((row) => [row.id, row.owner]));
  const changed = ids.filter((id) => before.get(id) !== owner);
  await setOwner(sql, changed, owner);
  return new Map(changed.map((id) => [id, before.get(id) ?? null]));
}
