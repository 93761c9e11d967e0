import type { ManifestDefinition } from './manifest.js';
import type { DefinitionState } from './state.js';

/**
 * Which definition is described by which: a definition keeps its id, and with it what was made from it, when it changes
 * its certificate, its alias or its environments.
 */
export function pairUp(
  described: readonly ManifestDefinition[],
  present: readonly DefinitionState[],
  fingerprintOf: (definition: ManifestDefinition) => string,
): ReadonlyMap<ManifestDefinition, DefinitionState> {
  const pairs = new Map<ManifestDefinition, DefinitionState>();
  const free = new Set(present);
  const shared = (one: ManifestDefinition, other: DefinitionState) =>
    one.environments.some((name) => other.environments.includes(name));
  const rules: ((one: ManifestDefinition, other: DefinitionState) => boolean)[] = [
    (one, other) => one.alias === other.alias && shared(one, other),
    (one, other) => shared(one, other),
    (one, other) => one.alias === other.alias,
    (one, other) => fingerprintOf(one) === other.fingerprint,
  ];
  for (const rule of rules)
    for (const one of described) {
      const other = pairs.has(one) ? undefined : [...free].find((candidate) => rule(one, candidate));
      if (!other) continue;
      pairs.set(one, other);
      free.delete(other);
    }
  return pairs;
}
