import { type CertificateTexts, foldAlias, textsOf } from '@trustcast/schema';
import type { CertificateRecord, DefinitionRecord, Source } from './certificate-record.js';

/** One alias with one X.509 certificate in one environment. */
export interface Entry {
  readonly environmentId: string;
  readonly definitionId: string;
  readonly alias: string;
  readonly aliasKey: string;
  readonly fingerprint: string;
  /** The deployment that brought it. */
  readonly deploymentId: string;
}

/** A certificate with its entries. */
export interface DeployedCertificate {
  readonly certificate: CertificateRecord;
  readonly entries: readonly Entry[];
}

/** What an entry is to a host. */
export interface EntryContent {
  readonly alias: string;
  readonly fingerprint: string;
}

/** What a change does to the entry of one certificate in one environment. */
export interface EntryChange extends CertificateTexts {
  readonly certificateId: string;
  readonly name: string;
  /** null: it is added. */
  readonly before: EntryContent | null;
  /** null: it is removed. */
  readonly after: (EntryContent & { readonly source: Source; readonly url: string | null }) | null;
}

export interface EnvironmentChange {
  readonly environmentId: string;
  /** In the order of the change. */
  readonly entries: readonly EntryChange[];
}

/** The entries that definitions make. @param deploymentId the deployment that brings them */
export function entriesOf(definitions: readonly DefinitionRecord[], deploymentId: string): Entry[] {
  return definitions.flatMap(({ id, alias, fingerprint, environmentIds }) => {
    const aliasKey = foldAlias(alias);
    return environmentIds.map((environmentId) => ({
      environmentId,
      definitionId: id,
      alias,
      aliasKey,
      fingerprint,
      deploymentId,
    }));
  });
}

/** What leads from a certificate as it is to the same certificate as it shall be; null: there is none. */
export function changesBetween(
  before: DeployedCertificate | null,
  after: DeployedCertificate | null,
): EnvironmentChange[] {
  const certificate = (after ?? before)?.certificate;
  if (!certificate) return [];
  const { id: certificateId, name } = certificate;
  const definitions = new Map(after?.certificate.definitions.map((definition) => [definition.id, definition]));
  const [old, next] = [byEnvironment(before), byEnvironment(after)];
  return [...new Set([...old.keys(), ...next.keys()])].sort().flatMap((environmentId) => {
    const [was, is] = [old.get(environmentId), next.get(environmentId)];
    if (was && is && isSame(was, is)) return [];
    const definition = is && definitions.get(is.definitionId);
    if (is && !definition) throw new Error('an entry without its definition');
    const change: EntryChange = {
      ...{ certificateId, name, ...textsOf(certificate) },
      before: was ? { alias: was.alias, fingerprint: was.fingerprint } : null,
      after: definition
        ? { alias: is.alias, fingerprint: is.fingerprint, source: definition.source, url: definition.url }
        : null,
    };
    return [{ environmentId, entries: [change] }];
  });
}

/** What the changes of several certificates do together: one change per environment. */
export function mergeChanges(changes: readonly EnvironmentChange[]): EnvironmentChange[] {
  const merged = new Map<string, EntryChange[]>();
  for (const { environmentId, entries } of changes) {
    const known = merged.get(environmentId);
    if (known) known.push(...entries);
    else merged.set(environmentId, [...entries]);
  }
  return [...merged].map(([environmentId, entries]) => ({ environmentId, entries }));
}

/** What hosts do to their set. */
export interface SetDelta {
  readonly upserts: readonly (EntryContent & {
    /** The alias was there before, with another certificate. */
    readonly replaces: boolean;
  })[];
  /** Spellings that leave. */
  readonly removals: readonly string[];
}

/**
 * The delta of an environment's set. Aliases that fold to the same key are one entry: a mere respelling removes the old
 * one and adds the new one.
 */
export function deltaOf(entries: readonly Pick<EntryChange, 'before' | 'after'>[]): SetDelta {
  return {
    upserts: entries.flatMap(({ before, after }) =>
      after ? [{ alias: after.alias, fingerprint: after.fingerprint, replaces: before?.alias === after.alias }] : [],
    ),
    removals: entries.flatMap(({ before, after }) => (before && before.alias !== after?.alias ? [before.alias] : [])),
  };
}

/** Entries that stay as they are keep the deployment that brought them. */
export function keepDeployments(before: DeployedCertificate | null, after: readonly Entry[]): Entry[] {
  const old = byEnvironment(before);
  return after.map((next) => {
    const was = old.get(next.environmentId);
    return was && isSame(was, next) ? { ...next, deploymentId: was.deploymentId } : next;
  });
}

/** A certificate is in an environment once. */
function byEnvironment(certificate: DeployedCertificate | null): ReadonlyMap<string, Entry> {
  return new Map(certificate?.entries.map((entry) => [entry.environmentId, entry]));
}

function isSame(a: EntryContent, b: EntryContent): boolean {
  return a.alias === b.alias && a.fingerprint === b.fingerprint;
}
