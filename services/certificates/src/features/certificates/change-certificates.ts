import { randomUUID } from 'node:crypto';
import type { CertificateRecord } from '../records/certificate-record.js';
import { type DefinitionPlan, type JudgedDefinition, planDefinitions } from './rules/definition-input.js';
import { innerCollisions } from './rules/collisions.js';
import { isUuid } from '../records/is-uuid.js';
import type { GivenDecision } from '../jwks/rules/jwk-decision.js';
import type { PlacedDefinitions } from './rules/place-refusals.js';
import { type Placement, changesBetween, keepDeployments, mergeChanges } from '../records/placement.js';
import { definitionRecords, placementsOf } from './rules/planned-placements.js';
import { type FieldPath, type Refusal, RefusedError } from '../records/refusal.js';
import { isSameCertificate } from './rules/same-certificate.js';
import { UNCHANGED, type Warning, warningsOf, withOutgrown } from './certificate-answer.js';
import { ownersOf, setOwner } from './sql/certificate-owners.js';
import type { Database, Transaction } from '../../platform/postgres/database.js';
import { alsoInBase } from './delete-certificate.js';
import { deploy } from '../deployments/deploy.js';
import { type WantedEnvironment, ensureEnvironments } from '../environments/ensure-environments.js';
import { environmentIds } from '../environments/sql/environment-ids.js';
import { importCollisions } from './sql/explain-collision.js';
import type { Outcome } from '../records/outcome.js';
import { deployOnce } from '../deployments/deploy-once.js';
import { placed } from './rules/place-refusals.js';
import { keepAnswer } from '../requests/idempotent.js';
import { lockCertificate } from './sql/lock-certificate.js';
import { type LockedEnvironments, lockEnvironments } from '../environments/sql/lock-environments.js';
import { certificateImpacts } from './read/read-impact.js';
import type { Request } from '../requests/request.js';
import { clearDefinitions, saveCertificates } from './sql/rewrite-certificates.js';
import { lockLinkedJwks, settleJwks } from './settle-jwks.js';
import { type Sql, statement } from '../../platform/postgres/statement.js';
import { storeDefinitions } from './sql/store-definitions.js';
import type { CertificateUpdate } from './update-certificate.js';
import { writeAudits } from '../audit/sql/write-audit.js';

export interface NewCertificateChange {
  readonly name: string;
  readonly description: string;
  readonly definitions: readonly JudgedDefinition[];
}

/** An update with all its definitions. */
export type FullUpdate = CertificateUpdate & { readonly definitions: readonly JudgedDefinition[] };

export type DeletionChange = Pick<CertificateUpdate, 'id' | 'expectedVersion' | 'jwkDecision' | 'confirmName'>;

/** What is done at once; paths of refusals begin with the list and the number of the one that is meant. */
export interface CertificateChanges {
  readonly environments: readonly WantedEnvironment[];
  readonly creates: readonly NewCertificateChange[];
  readonly updates: readonly FullUpdate[];
  readonly deletions: readonly DeletionChange[];
  /** Whose they are from then on; what belongs to another is refused. null: nobody is asked. */
  readonly owner: string | null;
  /** What belongs to another owner is taken over. */
  readonly takeOver: boolean;
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

const NAMED = statement<{ id: string; name: string }>(
  'certificates_named',
  'SELECT id, name FROM certificates WHERE name = ANY ($1)',
);
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
  const planned = await planAll(sql, input, locked);
  const answer = await apply(sql, request, planned, input.owner, environmentsChanged);
  return answer;
}

interface Planned extends DefinitionPlan {
  /** Where it stands in the input. */
  readonly at: readonly [list: 'creates' | 'updates' | 'deletions', index: number];
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly action: 'REPLACE';
  readonly jwks: readonly [];
  readonly jwkDecision: readonly GivenDecision[];
  readonly confirmName: string | null;
  /** As it is; null: it is created. */
  readonly certificate: CertificateRecord | null;
  readonly before: readonly Placement[];
}

async function planAll(
  sql: Sql,
  { creates, updates, deletions, owner, takeOver }: CertificateChanges,
  locked: LockedEnvironments,
): Promise<Planned[]> {
  const existing = [
    ...updates.map((update, index) => ({ at: ['updates', index] as const, ...update })),
    ...deletions.map((deletion, index) => ({
      at: ['deletions', index] as const,
      ...deletion,
      description: null,
      definitions: null,
    })),
  ];
  const planned: Planned[] = [];
  const refusals: Refusal[] = [];
  for (const change of existing.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const { at, definitions, jwkDecision, confirmName } = change;
    const { certificate, placements: before } = await within(at, () =>
      lockCertificate(sql, change.id, change.expectedVersion),
    );
    locked.assertHold(before);
    const plan = definitions
      ? planDefinitions(definitions, certificate.definitions)
      : { definitions: [], certificates: [] };
    if ('refusals' in plan) refusals.push(...plan.refusals.map((refusal) => pathed(at, refusal)));
    else
      planned.push({
        ...{ at, ...plan, id: certificate.id, name: certificate.name, action: 'REPLACE', jwks: [] },
        ...{
          description: change.description ?? certificate.description,
          jwkDecision,
          confirmName,
          certificate,
          before,
        },
      });
  }
  for (const [index, { name, description, definitions }] of creates.entries()) {
    const at = ['creates', index] as const;
    const plan = planDefinitions(definitions);
    if ('refusals' in plan) refusals.push(...plan.refusals.map((refusal) => pathed(at, refusal)));
    else
      planned.push({
        ...{ at, ...plan, id: randomUUID(), name, description, action: 'REPLACE', jwks: [] },
        ...{ jwkDecision: [], confirmName: null, certificate: null, before: [] },
      });
  }
  const inOrder = planned.toSorted((a, b) => (a.at[0] === b.at[0] ? a.at[1] - b.at[1] : a.at[0] < b.at[0] ? -1 : 1));
  refusals.push(...(await nameRefusals(sql, inOrder)));
  if (owner !== null && !takeOver) refusals.push(...(await ownerRefusals(sql, inOrder, owner)));
  const [inner, outer] = [innerCollisions(inOrder), await importCollisions(sql, inOrder)];
  for (const [index, item] of inOrder.entries())
    for (const refusal of [...(inner.get(index) ?? []), ...(outer.get(index) ?? [])])
      refusals.push(pathed(item.at, refusal));
  if (refusals.length > 0) throw new RefusedError(refusals);
  return inOrder;
}

async function nameRefusals(sql: Sql, planned: readonly Planned[]): Promise<Refusal[]> {
  const created = planned.filter(({ certificate }) => certificate === null);
  const deleted = new Set(planned.filter(({ at }) => at[0] === 'deletions').map(({ id }) => id));
  const rows = await sql.query(NAMED, [created.map(({ name }) => name)]);
  const taken = new Map(rows.filter(({ id }) => !deleted.has(id)).map(({ id, name }) => [name, id]));
  const seen = new Set<string>();
  return created.flatMap(({ at, name }): Refusal[] => {
    const nodeId = taken.get(name) ?? null;
    const twice = seen.has(name);
    seen.add(name);
    if (nodeId === null && !twice) return [];
    const message = twice
      ? `another certificate of the same request is named ${JSON.stringify(name)}`
      : `there is a certificate named ${JSON.stringify(name)}`;
    return [pathed(at, { code: 'NAME_TAKEN', message, field: ['name'], nodeId })];
  });
}

async function ownerRefusals(sql: Sql, planned: readonly Planned[], owner: string): Promise<Refusal[]> {
  const existing = planned.filter(({ certificate }) => certificate !== null);
  const owners = new Map(
    (
      await ownersOf(
        sql,
        existing.map(({ id }) => id),
      )
    ).map((row) => [row.id, row.owner]),
  );
  return existing.flatMap(({ at, id, name }): Refusal[] => {
    const other = owners.get(id);
    if (other === undefined || other === owner) return [];
    const message = `${JSON.stringify(name)} belongs to owner ${JSON.stringify(other)}, not to ${JSON.stringify(owner)}`;
    return [pathed(at, { code: 'OWNER_DIFFERS', message, field: null, owner: other })];
  });
}

async function apply(
  sql: Sql,
  request: Request,
  planned: readonly Planned[],
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
  const settle = (item: Planned, placements: readonly Placement[]) =>
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

/** Paths of the input begin with the change that is meant. */
function pathed<Told extends { readonly field: FieldPath | null }>([list, index]: Planned['at'], told: Told): Told {
  return { ...told, field: [list, String(index), ...(told.field ?? [])] };
}

async function within<Result>(at: Planned['at'], work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    throw new RefusedError(error.refusals.map((refusal) => pathed(at, refusal)));
  }
}
