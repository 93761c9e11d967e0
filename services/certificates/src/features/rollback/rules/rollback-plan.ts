import { randomUUID } from 'node:crypto';
import { type CertificateTexts, withTexts } from '@trustcast/schema';
import type { CertificateRecord, DefinitionRecord, Source } from '../../records/certificate-record.js';
import type { DeployedCertificate, EntryContent } from '../../records/entry.js';

/** An entry that an environment had, with what its certificate was then. */
export interface PastEntry extends EntryContent, CertificateTexts {
  readonly name: string;
  readonly source: Source;
  readonly url: string | null;
}

/** What a rollback does to one certificate; it concerns one environment alone. */
export interface RollbackStep {
  readonly id: string;
  readonly name: string;
  readonly texts: CertificateTexts;
  /** null: it was deleted since, and is created again. */
  readonly existing: DeployedCertificate | null;
  readonly before: EntryContent | null;
  readonly after: EntryContent | null;
  /** All definitions after the rollback; empty: the certificate is deleted. */
  readonly definitions: readonly DefinitionRecord[];
}

/**
 * Leads an environment back to entries that it had. Certificates are known by their names, which are immutable: one that
 * was deleted and created again is the same.
 *
 * @param past entries of the environment at a revision
 * @param existing certificates as they are, by name: all of `past`, and all that have an entry in the environment
 */
export function planRollback(
  environmentId: string,
  past: readonly PastEntry[],
  existing: ReadonlyMap<string, DeployedCertificate>,
): RollbackStep[] {
  const pastByName = new Map(past.map((entry) => [entry.name, entry]));
  const names = [...new Set([...pastByName.keys(), ...existing.keys()])].sort();
  return names.flatMap((name): RollbackStep[] => {
    const [then, now] = [pastByName.get(name) ?? null, existing.get(name) ?? null];
    const definitions = now?.certificate.definitions ?? [];
    const current = definitions.find(({ environmentIds }) => environmentIds.includes(environmentId)) ?? null;
    if (current?.alias === then?.alias && current?.fingerprint === then?.fingerprint) return [];
    return [
      {
        id: now?.certificate.id ?? randomUUID(),
        name,
        texts: withTexts(now?.certificate ?? then, {}),
        existing: now,
        before: contentOf(current),
        after: contentOf(then),
        definitions: withEntry(definitions, environmentId, then),
      },
    ];
  });
}

/** Steps by which the environment trusts certificates again that it does not trust now. */
export function retrusted(steps: readonly RollbackStep[]): RollbackStep[] {
  const trusted = new Set(steps.map(({ before }) => before?.fingerprint));
  return steps.filter(({ after }) => after !== null && !trusted.has(after.fingerprint));
}

function contentOf(entry: EntryContent | null): EntryContent | null {
  return entry && { alias: entry.alias, fingerprint: entry.fingerprint };
}

/** Definitions with another entry, or none, in one environment; in all others they stay as they are. */
function withEntry(
  definitions: CertificateRecord['definitions'],
  environmentId: string,
  entry: PastEntry | null,
): DefinitionRecord[] {
  const without = definitions.map(({ environmentIds, ...definition }) => ({
    ...definition,
    environmentIds: environmentIds.filter((id) => id !== environmentId),
  }));
  const kept = without.filter(({ environmentIds }) => environmentIds.length > 0);
  if (!entry) return kept;
  const same = kept.find(({ alias, fingerprint }) => alias === entry.alias && fingerprint === entry.fingerprint);
  if (same)
    return kept.map((each) =>
      each === same ? { ...each, environmentIds: [...each.environmentIds, environmentId] } : each,
    );
  const emptied = without.find(({ environmentIds }) => environmentIds.length === 0);
  const { alias, source, url, fingerprint } = entry;
  return [
    ...kept,
    { id: emptied?.id ?? randomUUID(), alias, source, url, fingerprint, environmentIds: [environmentId] },
  ];
}
