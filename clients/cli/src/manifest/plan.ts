import { differingTexts, withTexts } from '@trustcast/schema';
import type { JwkDecision } from '../change-certificate.js';
import type { ManifestCertificate, ManifestDefinition, ManifestEnvironment, Manifest } from './manifest.js';
import { pairUp } from './pair-definitions.js';
import type { Content, Contents } from './resolve-content.js';
import type { CertificateState, DefinitionState, State } from './state.js';

/** One thing that is made to be as described. */
export interface Change {
  readonly action: 'create' | 'update' | 'delete' | 'unchanged';
  readonly kind: 'environment' | 'certificate';
  readonly name: string;
  /** What changes, for people. */
  readonly details: readonly string[];
  /** Names of those that it reaches. */
  readonly environments: readonly string[];
  /** What becomes of the JWKs that follow it; null: nobody said. */
  readonly decision: JwkDecision | null;
  /** What the mutation takes; null: nothing is to be done. */
  readonly input: Readonly<Record<string, unknown>> | null;
}

/** About the JWKs of certificates, by name: they come before what a file says. */
export type Decisions = ReadonlyMap<string, JwkDecision>;

export interface PlanOptions {
  /** Whose certificates these are; null: nobody's. */
  readonly owner: string | null;
  /** Whether what this owner does not describe is deleted. */
  readonly prune: boolean;
  readonly decisions: Decisions;
}

/** What is to be done for the service to have what is described. What is not described stays, unless its owner prunes. */
export function planChanges(
  { environments, certificates }: Manifest,
  contents: Contents,
  state: State,
  { owner, prune, decisions }: PlanOptions,
): readonly Change[] {
  const described = new Set(certificates.map(({ name }) => name));
  return [
    ...environments.map((environment) => planEnvironment(environment, state)),
    ...certificates.map((certificate) =>
      planCertificate(certificate, contents, state.certificates.get(certificate.name), { owner, decisions }),
    ),
    ...[...state.certificates.values()]
      .filter((present) => prune && owner !== null && present.owner === owner && !described.has(present.name))
      .map((certificate) => planDeletion(certificate, decisions)),
  ];
}

function planEnvironment({ name, kind, title }: ManifestEnvironment, { environments }: State): Change {
  const present = environments.get(name);
  const base = { kind: 'environment', name, environments: [], decision: null } as const;
  if (!present)
    return { ...base, action: 'create', details: [kind], input: { name, kind, ...(title !== null && { title }) } };
  // The service says that it cannot be changed.
  if (present.kind !== kind)
    return { ...base, action: 'update', details: [`is ${present.kind}, described as ${kind}`], input: { name, kind } };
  if (title === null || title === present.title) return { ...base, action: 'unchanged', details: [], input: null };
  return { ...base, action: 'update', details: [`title ${JSON.stringify(title)}`], input: { name, kind, title } };
}

function planCertificate(
  described: ManifestCertificate,
  contents: Contents,
  present: CertificateState | undefined,
  { owner, decisions }: Pick<PlanOptions, 'owner' | 'decisions'>,
): Change {
  const { name, definitions, jwks } = described;
  const texts = Object.fromEntries(Object.entries(described.texts).filter(([, text]) => text !== null));
  const environments = [...definitions, ...(present?.definitions ?? [])].flatMap((each) => each.environments);
  const base = { kind: 'certificate', name, environments, decision: decisions.get(name) ?? jwks } as const;
  const fingerprintOf = (definition: ManifestDefinition) => contents.get(definition)?.fingerprint ?? '';
  const inputOf = (definition: ManifestDefinition, known?: DefinitionState) => ({
    ...(known && { id: known.id }),
    alias: definition.alias,
    environments: definition.environments,
    ...(known?.fingerprint !== fingerprintOf(definition) && { from: contentOf(definition, contents) }),
  });
  if (!present) {
    const details = definitions.map(
      (each) => `${each.alias}: ${short(fingerprintOf(each))} in ${each.environments.join(', ')}`,
    );
    const input = {
      name,
      ...texts,
      definitions: definitions.map((each) => inputOf(each)),
    };
    return { ...base, action: 'create', details, input };
  }
  const pairs = pairUp(definitions, present.definitions, fingerprintOf);
  const gone = present.definitions.filter((known) => ![...pairs.values()].includes(known));
  const details = [
    ...differingTexts(present, withTexts(present, texts)),
    ...definitions.flatMap((each) => differences(each, fingerprintOf(each), pairs.get(each))),
    ...gone.map(({ alias, environments }) => `${alias}: no more in ${environments.join(', ')}`),
    // The service decides whether the owner may: what is another's is not unchanged.
    ...(owner === null || owner === present.owner ? [] : [`owner: ${present.owner ?? 'nobody'} becomes ${owner}`]),
  ];
  if (details.length === 0) return { ...base, action: 'unchanged', details, input: null };
  const input = {
    id: present.id,
    expectedVersion: present.version,
    ...texts,
    definitions: definitions.map((each) => inputOf(each, pairs.get(each))),
  };
  return { ...base, action: 'update', details, input };
}

function contentOf(definition: ManifestDefinition, contents: Contents): Content {
  const content = contents.get(definition)?.content;
  if (!content) throw new Error(`the certificate of ${definition.at} was not looked for`);
  return content;
}

function planDeletion({ id, name, version, definitions }: CertificateState, decisions: Decisions): Change {
  return {
    action: 'delete',
    kind: 'certificate',
    name,
    details: definitions.map(({ alias, environments }) => `${alias}: no more in ${environments.join(', ')}`),
    environments: definitions.flatMap(({ environments }) => environments),
    decision: decisions.get(name) ?? null,
    input: { id, expectedVersion: version },
  };
}

function differences(
  described: ManifestDefinition,
  fingerprint: string,
  present: DefinitionState | undefined,
): string[] {
  const { alias, environments } = described;
  if (!present) return [`${alias}: ${short(fingerprint)} in ${environments.join(', ')}`];
  const added = environments.filter((name) => !present.environments.includes(name));
  const removed = present.environments.filter((name) => !environments.includes(name));
  return [
    ...(alias === present.alias ? [] : [`${present.alias}: alias ${alias}`]),
    ...(fingerprint === present.fingerprint
      ? []
      : [`${alias}: ${short(present.fingerprint)} becomes ${short(fingerprint)}`]),
    ...(added.length === 0 ? [] : [`${alias}: also in ${added.join(', ')}`]),
    ...(removed.length === 0 ? [] : [`${alias}: no more in ${removed.join(', ')}`]),
  ];
}

function short(fingerprint: string): string {
  return `${fingerprint.slice(0, 12)}…`;
}
