import { randomUUID } from 'node:crypto';
import { type CertificateTexts, withTexts } from '@trustcast/schema';
import type { LockedEnvironments } from '../environments/sql/lock-environments.js';
import { environmentIds } from '../environments/sql/environment-ids.js';
import type { DeployedCertificate } from '../records/entry.js';
import { type Refusal, RefusedError } from '../records/refusal.js';
import { accepted } from '../records/result.js';
import type { Sql } from '../../platform/postgres/statement.js';
import type { RequestedChange } from './change-certificates.js';
import { type DefinitionPlan, type ReadDefinition, planDefinitions } from './rules/definition-input.js';
import { definitionRecords } from './rules/definition-records.js';
import { pathed, within } from '../records/refusal-paths.js';
import { ownersOf } from './sql/certificate-owners.js';
import { demandVersion, lockCertificates } from './sql/lock-certificates.js';
import { refusalsOfSeveral } from './sql/refuse-several.js';
import type { CertificateUpdate } from './update-certificate.js';

export interface NewCertificateChange {
  readonly name: string;
  readonly texts: CertificateTexts;
  readonly definitions: readonly ReadDefinition[];
}

/** An update with all its definitions. */
export type FullUpdate = CertificateUpdate & { readonly definitions: readonly ReadDefinition[] };

export type DeletionChange = Pick<CertificateUpdate, 'id' | 'expectedVersion' | 'jwkDecision' | 'confirmName'>;

/** Changes that are made at once; paths of refusals begin with the list and the index in it. */
export interface SeveralChanges {
  readonly creates: readonly NewCertificateChange[];
  readonly updates: readonly FullUpdate[];
  readonly deletions: readonly DeletionChange[];
  /** Owner of the certificates from then on; those of another owner are refused. null: owners stay. */
  readonly owner: string | null;
  /** Certificates of another owner are taken over. */
  readonly takeOver: boolean;
}

/** A certificate as a request would leave it. */
export interface PlannedChange extends RequestedChange {
  readonly id: string;
  readonly name: string;
  readonly plan: DefinitionPlan;
  /** Names of the environments of its definitions. */
  readonly environments: readonly string[];
}

export interface SeveralPlan {
  /** Deletions, creations, updates. */
  readonly changes: readonly PlannedChange[];
  /** The owner before, null for none, of those that receive another one. */
  readonly newOwners: ReadonlyMap<string, string | null>;
}

const NO_DEFINITIONS: DefinitionPlan = { definitions: [], certificates: [] };

/** A change whose environments are not looked up yet. */
type Draft = Omit<PlannedChange, 'after'> & {
  /** null: the certificate is deleted. */
  readonly texts: CertificateTexts | null;
};

/**
 * Locks what is changed and decides what each certificate becomes; nothing is written.
 *
 * @throws RefusedError with every reason of every change
 */
export async function planSeveral(sql: Sql, input: SeveralChanges, locked: LockedEnvironments): Promise<SeveralPlan> {
  const refusals: Refusal[] = [];
  const drafts = [...(await draftExisting(sql, input, locked, refusals)), ...draftCreations(input, refusals)];
  const ordered = (['deletions', 'creates', 'updates'] as const).flatMap((list) =>
    drafts.filter(({ at }) => at[0] === list).toSorted((a, b) => Number(a.at[1]) - Number(b.at[1])),
  );
  const existing = ordered.flatMap(({ before, id }) => (before ? [id] : []));
  const owners = new Map((await ownersOf(sql, existing)).map((row) => [row.id, row.owner]));
  refusals.push(...(await refusalsOfSeveral(sql, ordered, { ...input, owners })));
  if (refusals.length > 0) throw new RefusedError(refusals);

  const ids = await environmentIds(sql, [...new Set(ordered.flatMap(({ environments }) => environments))]);
  const changes = ordered.map(({ texts, ...draft }): PlannedChange => {
    const { id, name, plan } = draft;
    const { certificates } = plan;
    const definitions = definitionRecords(plan.definitions, ids);
    return { ...draft, after: texts && { id, name, ...texts, definitions, certificates } };
  });
  const taken = changes.filter(({ after, id }) => after && input.owner !== null && owners.get(id) !== input.owner);
  return { changes, newOwners: new Map(taken.map(({ id }) => [id, owners.get(id) ?? null])) };
}

async function draftExisting(
  sql: Sql,
  { updates, deletions }: SeveralChanges,
  locked: LockedEnvironments,
  refusals: Refusal[],
): Promise<Draft[]> {
  const changes = [
    ...updates.map((update, index) => ({ at: ['updates', String(index)], ...update })),
    ...deletions.map((deletion, index) => ({ at: ['deletions', String(index)], ...deletion, definitions: null })),
  ].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const found = await lockCertificates(
    sql,
    changes.map(({ id }) => id),
  );
  const drafts: Draft[] = [];
  for (const change of changes) {
    const { at, definitions } = change;
    const before = await within(at, () => demandVersion(found.get(change.id.toLowerCase()), change.expectedVersion));
    locked.assertHold(before.entries);
    const { certificate } = before;
    const plan = definitions ? planDefinitions(definitions, certificate.definitions) : accepted(NO_DEFINITIONS);
    if (!plan.ok) {
      refusals.push(...plan.refusals.map((refusal) => pathed(at, refusal)));
      continue;
    }
    const { id, name } = certificate;
    const texts = definitions ? withTexts(certificate, (change as FullUpdate).texts) : null;
    const jwkDecision = { given: change.jwkDecision, confirmation: { typed: change.confirmName, name } };
    drafts.push({ ...draftOf(at, { id, name, plan: plan.value, before }), texts, jwkDecision });
  }
  return drafts;
}

function draftCreations({ creates }: SeveralChanges, refusals: Refusal[]): Draft[] {
  return creates.flatMap(({ name, texts, definitions }, index) => {
    const at = ['creates', String(index)];
    const plan = planDefinitions(definitions);
    if (plan.ok) return [{ ...draftOf(at, { id: randomUUID(), name, plan: plan.value, before: null }), texts }];
    refusals.push(...plan.refusals.map((refusal) => pathed(at, refusal)));
    return [];
  });
}

function draftOf(
  at: readonly string[],
  change: { id: string; name: string; plan: DefinitionPlan; before: DeployedCertificate | null },
): Omit<Draft, 'texts'> {
  const environments = change.plan.definitions.flatMap((definition) => definition.environments);
  return { ...change, at, environments, recordedIn: environments, jwkDecision: null };
}
