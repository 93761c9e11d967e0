import type { DefinitionRecord } from '../../records/certificate-record.js';
import type { PlannedDefinition } from './definition-input.js';
import type { Placement } from '../../records/placement.js';

/** The lines that definitions make, once the ids of their environments are known. */
export function placementsOf(
  definitions: readonly PlannedDefinition[],
  environmentIds: ReadonlyMap<string, string>,
  deploymentId: string,
): Placement[] {
  return definitions.flatMap(({ id, alias, aliasKey, fingerprint, environments }) =>
    environments.map((name) => ({
      environmentId: environmentIds.get(name) ?? '',
      definitionId: id,
      alias,
      aliasKey,
      fingerprint,
      deploymentId,
    })),
  );
}

export function definitionRecords(
  definitions: readonly PlannedDefinition[],
  environmentIds: ReadonlyMap<string, string>,
): DefinitionRecord[] {
  return definitions.map(({ id, alias, source, url, fingerprint, environments }) => ({
    id,
    alias,
    source,
    url,
    fingerprint,
    environmentIds: environments.map((name) => environmentIds.get(name) ?? ''),
  }));
}
