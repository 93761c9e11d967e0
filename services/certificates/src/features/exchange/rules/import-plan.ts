import { createHash, randomUUID } from 'node:crypto';
import type { CertificateWarning } from '@trustcast/x509';
import { checkDescription, checkName } from '../../records/certificate-input.js';
import type { CertificateRecord } from '../../records/certificate-record.js';
import { changes } from '../../certificates/rules/collisions.js';
import {
  type DefinitionPlan,
  type JudgedDefinition,
  planDefinitions,
} from '../../certificates/rules/definition-input.js';
import type { ImportedJwk } from './imported-jwks.js';
import type { ExistingCertificate } from '../../records/placement.js';
import type { Refusal } from '../../records/refusal.js';

/** A certificate that is to be there after an import. Environments are named as they are called here. */
export interface ImportedCertificate {
  readonly name: string;
  readonly description: string;
  readonly definitions: readonly JudgedDefinition[];
  /** Those that are to follow it. */
  readonly jwks: readonly (ImportedJwk | Refusal)[];
}

export const CONFLICT_POLICIES = ['REFUSE', 'SKIP', 'REPLACE'] as const;
/** What happens to a certificate that is there already and differs. */
export type ConflictPolicy = (typeof CONFLICT_POLICIES)[number];

export const IMPORT_ACTIONS = ['ADD', 'REPLACE', 'UNCHANGED', 'SKIP', 'REFUSE'] as const;
export type ImportAction = (typeof IMPORT_ACTIONS)[number];

/** A JWK that follows a certificate already. */
export interface FollowingJwk {
  readonly certificateId: string;
  readonly environmentId: string;
  readonly name: string;
  readonly use: string;
  readonly algorithm: string;
  readonly kid: string;
}

export interface PlannedJwk extends ImportedJwk {
  readonly id: string;
}

/** A definition as a file has it; it may be refused. */
export interface SubmittedDefinition {
  readonly alias: string;
  /** null: the certificate cannot be read, or is refused. */
  readonly fingerprint: string | null;
  readonly environments: readonly string[];
}

export interface PlannedImport extends DefinitionPlan {
  readonly submitted: readonly SubmittedDefinition[];
  readonly name: string;
  readonly description: string;
  readonly action: ImportAction;
  /** Of the certificate that is added, or is there. */
  readonly id: string;
  readonly existing: ExistingCertificate | null;
  /** Those that are not there yet: none is ever changed or taken away. */
  readonly jwks: readonly PlannedJwk[];
  readonly refusals: readonly Refusal[];
  readonly warnings: readonly CertificateWarning[];
}

/**
 * Decides for each certificate by itself; {@link withCollisions} comes after.
 *
 * @param following of the existing certificates
 */
export function planImport(
  items: readonly ImportedCertificate[],
  existing: ReadonlyMap<string, ExistingCertificate>,
  environmentIds: ReadonlyMap<string, string>,
  following: readonly FollowingJwk[],
  policy: ConflictPolicy,
): PlannedImport[] {
  const present = new Set(following.map((jwk) => keyOf(jwk.certificateId, jwk.environmentId, jwk)));
  const seen = new Set<string>();
  return items.map((item): PlannedImport => {
    const [name, description] = [checkName(item.name), checkDescription(item.description)];
    const known = typeof name === 'string' ? (existing.get(name) ?? null) : null;
    const plan = planDefinitions(keepIds(item.definitions, known, environmentIds), known?.certificate.definitions);
    const refusals: Refusal[] = [
      ...[name, description].filter((check) => typeof check !== 'string'),
      ...('refusals' in plan ? plan.refusals : []),
      ...item.jwks.filter((jwk) => 'code' in jwk),
    ];
    if (typeof name === 'string' && seen.size === seen.add(name).size)
      refusals.push({ code: 'INVALID_INPUT', message: 'the name occurs more than once', field: ['name'] });
    const jwks = item.jwks.flatMap((jwk) => {
      if ('code' in jwk) return [];
      const { kid } = jwk.jwk;
      const key = keyOf(known?.certificate.id, environmentIds.get(jwk.environment), { ...jwk, kid });
      return present.has(key) ? [] : [{ ...jwk, id: randomUUID() }];
    });
    const planned = {
      submitted: item.definitions.map(submittedOf),
      jwks,
      name: item.name,
      description: typeof description === 'string' ? description : '',
      id: known?.certificate.id ?? randomUUID(),
      existing: known,
      ...('refusals' in plan ? { definitions: [], certificates: [] } : plan),
      warnings: 'refusals' in plan ? [] : plan.certificates.flatMap(({ warnings }) => warnings),
    };
    if (refusals.length > 0) return { ...planned, action: 'REFUSE', refusals };
    if (!known) return { ...planned, action: 'ADD', refusals };
    if (jwks.length === 0 && isSame(planned, known.certificate, environmentIds))
      return { ...planned, action: 'UNCHANGED', refusals };
    if (policy !== 'REFUSE') return { ...planned, action: policy, refusals };
    const message = `there is another certificate named ${JSON.stringify(name)}`;
    const refusal: Refusal = { code: 'NAME_TAKEN', message, field: ['name'], nodeId: known.certificate.id };
    return { ...planned, action: 'REFUSE', refusals: [refusal] };
  });
}

function submittedOf({ alias, environments, brought }: JudgedDefinition): SubmittedDefinition {
  return { alias, environments, fingerprint: brought && !('code' in brought) ? brought.fingerprint : null };
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
  definitions: readonly JudgedDefinition[],
  existing: ExistingCertificate | null,
  environmentIds: ReadonlyMap<string, string>,
): JudgedDefinition[] {
  const left = [...(existing?.certificate.definitions ?? [])];
  return definitions.map((definition) => {
    const ids = definition.environments.map((name) => environmentIds.get(name));
    const at = left.findIndex(({ environmentIds: own }) => own.some((id) => ids.includes(id)));
    const [kept] = at < 0 ? [] : left.splice(at, 1);
    return { ...definition, id: kept?.id ?? null };
  });
}

function isSame(
  { description, definitions }: Pick<PlannedImport, 'description' | 'definitions'>,
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
  const wanted = definitions.map((each) => ({
    ...each,
    ids: each.environments.map((name) => environmentIds.get(name) ?? ''),
  }));
  const there = current.definitions.map((each) => ({ ...each, ids: each.environmentIds }));
  return description === current.description && text(wanted) === text(there);
}

/** Refuses, or by the policy skips, what another certificate stands in the way of. */
export function withCollisions(
  plan: readonly PlannedImport[],
  collisions: ReadonlyMap<number, readonly Refusal[]>,
  policy: ConflictPolicy,
): PlannedImport[] {
  return plan.map((item, index) => {
    const refusals = changes(item) ? collisions.get(index) : undefined;
    return refusals ? { ...item, action: policy === 'SKIP' ? 'SKIP' : 'REFUSE', refusals } : item;
  });
}

/** Stands for what a preview showed: the same plan of the same state has the same id. */
export function planId(plan: readonly PlannedImport[]): string {
  const lines = plan.map(({ name, action, existing, description, definitions, jwks }) => [
    name,
    action,
    existing && [existing.certificate.id, existing.certificate.version],
    description,
    definitions.map(({ alias, source, url, fingerprint, environments }) => [
      alias,
      source,
      url,
      fingerprint,
      environments,
    ]),
    jwks.map(({ environment, name, use, algorithm, fingerprint }) => [environment, name, use, algorithm, fingerprint]),
  ]);
  return createHash('sha256').update(JSON.stringify(lines)).digest('hex');
}
