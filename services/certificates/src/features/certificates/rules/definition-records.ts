import type { DefinitionRecord } from '../../records/certificate-record.js';
import type { PlannedDefinition } from './definition-input.js';

/** Definitions as they are stored, once the ids of their environments are known. */
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
