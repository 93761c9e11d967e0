import { randomUUID } from 'node:crypto';
import { foldAlias } from '@trustcast/schema';
import type { CertificateRecord, DefinitionRecord } from '../../records/certificate-record.js';
import type { PlannedDefinition } from '../../certificates/rules/definition-input.js';
import type { Placement } from '../../records/placement.js';

/** A certificate as it is, with its lines. */
interface Existing {
  readonly certificate: CertificateRecord;
  readonly placements: readonly Placement[];
}

interface Line {
  readonly alias: string;
  readonly fingerprint: string;
}

/** What a rollback does to one certificate; it concerns one environment alone. */
export interface RollbackStep {
  readonly name: string;
  /** As it was. */
  readonly description: string;
  readonly id: string;
  /** null: it was deleted since, and comes back. */
  readonly existing: Existing | null;
  readonly before: Line | null;
  readonly after: Line | null;
  /** What it has then, environments by their ids; none: it is deleted. */
  readonly definitions: readonly PlannedDefinition[];
}

/**
 * Leads an environment back to the lines that certificates had there. Certificates are known by their names, which are
 * immutable: one that was deleted and made again is the same.
 *
 * @param past certificates as they were, those that had a line in the environment
 * @param existing certificates as they are, by name: all of `past`, and all that have a line in the environment
 */
export function planRollback(
  environmentId: string,
  past: readonly CertificateRecord[],
  existing: ReadonlyMap<string, Existing>,
): RollbackStep[] {
  const wanted = new Map(past.map((certificate) => [certificate.name, certificate]));
  const names = [...new Set([...wanted.keys(), ...existing.keys()])].sort();
  return names.flatMap((name): RollbackStep[] => {
    const [then, now] = [wanted.get(name), existing.get(name) ?? null];
    const after = definitionIn(then?.definitions ?? [], environmentId);
    const before = definitionIn(now?.certificate.definitions ?? [], environmentId);
    if (before?.alias === after?.alias && before?.fingerprint === after?.fingerprint) return [];
    return [
      {
        name,
        description: then?.description ?? '',
        id: now?.certificate.id ?? randomUUID(),
        existing: now,
        before: lineOf(before),
        after: lineOf(after),
        definitions: withLine(now?.certificate.definitions ?? [], environmentId, after),
      },
    ];
  });
}

/** Certificates that the environment does not trust now and would trust again. */
export function retrusted(steps: readonly RollbackStep[]): RollbackStep[] {
  const trusted = new Set(steps.map(({ before }) => before?.fingerprint));
  return steps.filter(({ after }) => after !== null && !trusted.has(after.fingerprint));
}

function definitionIn(definitions: readonly DefinitionRecord[], environmentId: string): DefinitionRecord | undefined {
  return definitions.find(({ environmentIds }) => environmentIds.includes(environmentId));
}

function lineOf(definition: DefinitionRecord | undefined): Line | null {
  return definition ? { alias: definition.alias, fingerprint: definition.fingerprint } : null;
}

/** Definitions with another line, or none, in one environment; in all others they stay as they are. */
function withLine(
  definitions: readonly DefinitionRecord[],
  environmentId: string,
  line: DefinitionRecord | undefined,
): PlannedDefinition[] {
  const left = definitions.map(({ environmentIds, ...definition }) => ({
    ...definition,
    aliasKey: foldAlias(definition.alias),
    environments: environmentIds.filter((id) => id !== environmentId),
  }));
  const kept = left.filter(({ environments }) => environments.length > 0);
  if (!line) return kept;
  const same = kept.find(({ alias, fingerprint }) => alias === line.alias && fingerprint === line.fingerprint);
  if (same)
    return kept.map((each) =>
      each === same ? { ...each, environments: [...each.environments, environmentId] } : each,
    );
  const emptied = left.find(({ environments }) => environments.length === 0);
  const { alias, source, url, fingerprint } = line;
  const back = { alias, aliasKey: foldAlias(alias), source, url, fingerprint, environments: [environmentId] };
  return [...kept, { id: emptied?.id ?? randomUUID(), ...back }];
}
