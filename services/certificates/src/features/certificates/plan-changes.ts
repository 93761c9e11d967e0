import { randomUUID } from 'node:crypto';
import type { GivenDecision } from '../jwks/rules/jwk-decision.js';
import type { WantedEnvironment } from '../environments/ensure-environments.js';
import type { LockedEnvironments } from '../environments/sql/lock-environments.js';
import type { CertificateRecord } from '../records/certificate-record.js';
import type { Placement } from '../records/placement.js';
import { type FieldPath, type Refusal, RefusedError } from '../records/refusal.js';
import { type Sql, statement } from '../../platform/postgres/statement.js';
import { innerCollisions } from './rules/collisions.js';
import { type DefinitionPlan, type JudgedDefinition, planDefinitions } from './rules/definition-input.js';
import { ownersOf } from './sql/certificate-owners.js';
import { importCollisions } from './sql/explain-collision.js';
import { lockCertificate } from './sql/lock-certificate.js';
import type { CertificateUpdate } from './update-certificate.js';

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

const NAMED = statement<{ id: string; name: string }>(
  'certificates_named',
  'SELECT id, name FROM certificates WHERE name = ANY ($1)',
);

/** A certificate as a request would leave it. */
export interface PlannedChange extends DefinitionPlan {
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

/**
 * Locks what is changed and decides what each certificate becomes; nothing is written.
 *
 * @throws RefusedError with every reason of every change
 */
export async function planChanges(
  sql: Sql,
  { creates, updates, deletions, owner, takeOver }: CertificateChanges,
  locked: LockedEnvironments,
): Promise<PlannedChange[]> {
  const existing = [
    ...updates.map((update, index) => ({ at: ['updates', index] as const, ...update })),
    ...deletions.map((deletion, index) => ({
      at: ['deletions', index] as const,
      ...deletion,
      description: null,
      definitions: null,
    })),
  ];
  const planned: PlannedChange[] = [];
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

async function nameRefusals(sql: Sql, planned: readonly PlannedChange[]): Promise<Refusal[]> {
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

async function ownerRefusals(sql: Sql, planned: readonly PlannedChange[], owner: string): Promise<Refusal[]> {
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

/** Paths of the input begin with the change that is meant. */
export function pathed<Told extends { readonly field: FieldPath | null }>(
  [list, index]: PlannedChange['at'],
  told: Told,
): Told {
  return { ...told, field: [list, String(index), ...(told.field ?? [])] };
}

/** Runs a part of one change; its refusals name the change. */
export async function within<Result>(at: PlannedChange['at'], work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    throw new RefusedError(error.refusals.map((refusal) => pathed(at, refusal)));
  }
}
