import { createHash, randomUUID } from 'node:crypto';
import { type CertificateTexts, type GivenTexts, differingTexts, withTexts } from '@trustcast/schema';
import type { CertificateWarning } from '@trustcast/x509';
import { readGivenTexts, readName } from '../../records/certificate-input.js';
import type { CertificateRecord } from '../../records/certificate-record.js';
import type { FollowingJwk } from '../../records/jwk-record.js';
import {
  type DefinitionPlan,
  type ReadDefinition,
  planDefinitions,
} from '../../certificates/rules/definition-input.js';
import { definitionRecords } from '../../certificates/rules/definition-records.js';
import type { CertificateChange } from '../../certificates/rules/written-change.js';
import type { ImportedJwk } from './rebuild-jwks.js';
import type { DeployedCertificate } from '../../records/entry.js';
import type { Refusal } from '../../records/refusal.js';
import { type Result, refusalsOf } from '../../records/result.js';

/** A certificate that shall exist after an import. Environments have the names of this installation. */
export interface ImportedCertificate {
  readonly name: string;
  readonly texts: GivenTexts;
  readonly definitions: readonly ReadDefinition[];
  /** JWKs that shall follow it. */
  readonly jwks: readonly Result<ImportedJwk>[];
}

export const CONFLICT_POLICIES = ['REFUSE', 'SKIP', 'REPLACE'] as const;
/** What an import does with a certificate that exists and differs. */
export type ConflictPolicy = (typeof CONFLICT_POLICIES)[number];

export const IMPORT_ACTIONS = ['ADD', 'REPLACE', 'UNCHANGED', 'SKIP', 'REFUSE'] as const;
export type ImportAction = (typeof IMPORT_ACTIONS)[number];

export interface PlannedJwk extends ImportedJwk {
  readonly id: string;
}

/** A definition of the file; it may be refused. */
export interface SubmittedDefinition {
  readonly alias: string;
  /** null: the certificate cannot be read, or is refused. */
  readonly fingerprint: string | null;
  readonly environments: readonly string[];
}

export interface PlannedImport extends DefinitionPlan {
  readonly submitted: readonly SubmittedDefinition[];
  readonly name: string;
  readonly texts: CertificateTexts;
  readonly action: ImportAction;
  /** Id of the certificate, which is added or exists. */
  readonly id: string;
  readonly existing: DeployedCertificate | null;
  /** JWKs that do not exist yet: an import changes and removes none. */
  readonly jwks: readonly PlannedJwk[];
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly CertificateWarning[];
}

/** Whether the certificate is added or replaced; any other action leaves it as it is. */
export function isWritten({ action }: Pick<PlannedImport, 'action'>): boolean {
  return action === 'ADD' || action === 'REPLACE';
}

/** The change of a certificate that is written. @param environmentIds by name */
export function changeOf(
  { id, name, texts, definitions, certificates, existing }: PlannedImport,
  environmentIds: ReadonlyMap<string, string>,
): CertificateChange {
  const content = { id, name: name.normalize('NFC'), ...texts, certificates };
  return { before: existing, after: { ...content, definitions: definitionRecords(definitions, environmentIds) } };
}

/**
 * Decides for each certificate by itself; {@link withCollisions} comes after.
 *
 * @param following JWKs that follow the existing certificates
 */
export function planImport(
  items: readonly ImportedCertificate[],
  existing: ReadonlyMap<string, DeployedCertificate>,
  environmentIds: ReadonlyMap<string, string>,
  following: readonly FollowingJwk[],
  policy: ConflictPolicy,
): PlannedImport[] {
  const present = new Set(following.map((jwk) => keyOf(jwk.certificateId, jwk.environmentId, jwk)));
  const seen = new Set<string>();
  return items.map((item): PlannedImport => {
    const [name, texts] = [readName(item.name), readGivenTexts(item.texts)];
    const known = name.ok ? (existing.get(name.value) ?? null) : null;
    const plan = planDefinitions(keepIds(item.definitions, known, environmentIds), known?.certificate.definitions);
    const refusals = [...refusalsOf([name, texts, plan, ...item.jwks])];
    if (name.ok && seen.size === seen.add(name.value).size)
      refusals.push({
        code: 'INVALID_INPUT',
        message: 'the name occurs more than once: rename one of them in the file',
        field: ['name'],
      });
    const jwks = item.jwks.flatMap((made) => {
      if (!made.ok) return [];
      const jwk = made.value;
      const { kid } = jwk.jwk;
      const key = keyOf(known?.certificate.id, environmentIds.get(jwk.environment), { ...jwk, kid });
      return present.has(key) ? [] : [{ ...jwk, id: randomUUID() }];
    });
    const planned = {
      submitted: item.definitions.map(submittedOf),
      jwks,
      name: item.name,
      texts: withTexts(known?.certificate, texts.ok ? texts.value : {}),
      id: known?.certificate.id ?? randomUUID(),
      existing: known,
      ...(plan.ok ? plan.value : { definitions: [], certificates: [] }),
      warnings: plan.ok ? plan.value.certificates.flatMap(({ warnings }) => warnings) : [],
    };
    if (refusals.length > 0) return { ...planned, action: 'REFUSE', refusals };
    if (!known) return { ...planned, action: 'ADD', refusals };
    if (jwks.length === 0 && isSame(planned, known.certificate, environmentIds))
      return { ...planned, action: 'UNCHANGED', refusals };
    if (policy !== 'REFUSE') return { ...planned, action: policy, refusals };
    const message = `there is another certificate named ${JSON.stringify(known.certificate.name)}: rename one of them first`;
    const refusal: Refusal = { code: 'NAME_TAKEN', message, field: ['name'], nodeId: known.certificate.id };
    return { ...planned, action: 'REFUSE', refusals: [refusal] };
  });
}

function submittedOf({ alias, environments, certificate }: ReadDefinition): SubmittedDefinition {
  const fingerprint = certificate?.ok ? certificate.value.fingerprint : null;
  return { alias, environments, fingerprint };
}

function keyOf(
  certificateId: string | undefined,
  environmentId: string | undefined,
  { name, use, algorithm, kid }: Pick<FollowingJwk, 'name' | 'use' | 'algorithm' | 'kid'>,
): string {
  return JSON.stringify([certificateId, environmentId, name, use, algorithm, kid]);
}

/** A definition that stays in an environment stays the same definition. */
function keepIds(
  definitions: readonly ReadDefinition[],
  existing: DeployedCertificate | null,
  environmentIds: ReadonlyMap<string, string>,
): ReadDefinition[] {
  const left = [...(existing?.certificate.definitions ?? [])];
  return definitions.map((definition) => {
    const ids = definition.environments.map((name) => environmentIds.get(name));
    const at = left.findIndex(({ environmentIds: own }) => own.some((id) => ids.includes(id)));
    const [stored] = at < 0 ? [] : left.splice(at, 1);
    return { ...definition, id: stored?.id ?? null };
  });
}

function isSame(
  { texts, definitions }: Pick<PlannedImport, 'texts' | 'definitions'>,
  current: CertificateRecord,
  environmentIds: ReadonlyMap<string, string>,
): boolean {
  const text = (
    parts: readonly {
      alias: string;
      source: string;
      url: string | null;
      fingerprint: string;
      ids: readonly string[];
    }[],
  ) =>
    JSON.stringify(
      parts.map(({ alias, source, url, fingerprint, ids }) => [alias, source, url, fingerprint, [...ids].sort()]),
    );
  const requested = definitions.map((each) => ({
    ...each,
    ids: each.environments.map((name) => environmentIds.get(name) ?? ''),
  }));
  const stored = current.definitions.map((each) => ({ ...each, ids: each.environmentIds }));
  return differingTexts(texts, current).length === 0 && text(requested) === text(stored);
}

/** Refuses, or skips by the policy, certificates that collide with others. */
export function withCollisions(
  plan: readonly PlannedImport[],
  collisions: ReadonlyMap<number, readonly Refusal[]>,
  policy: ConflictPolicy,
): PlannedImport[] {
  return plan.map((item, index) => {
    const refusals = isWritten(item) ? collisions.get(index) : undefined;
    return refusals ? { ...item, action: policy === 'SKIP' ? 'SKIP' : 'REFUSE', refusals } : item;
  });
}

/** Identifies a plan: the same plan of the same state has the same id. */
export function planId(plan: readonly PlannedImport[]): string {
  const items = plan.map(({ name, action, existing, texts, definitions, jwks }) => [
    name,
    action,
    existing && [existing.certificate.id, existing.certificate.version],
    Object.values(texts),
    definitions.map(({ alias, source, url, fingerprint, environments }) => [
      alias,
      source,
      url,
      fingerprint,
      environments,
    ]),
    jwks.map(({ environment, name, use, algorithm, fingerprint }) => [environment, name, use, algorithm, fingerprint]),
  ]);
  return createHash('sha256').update(JSON.stringify(items)).digest('hex');
}
