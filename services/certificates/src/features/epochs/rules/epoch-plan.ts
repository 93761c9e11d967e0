import { type HeldEntry, foldAlias } from '@trustcast/schema';

/** An entry that the database has in an environment. */
export interface StoredEntry {
  readonly name: string;
  readonly alias: string;
  readonly fingerprint: string;
  readonly compromised: boolean;
}

/** The change of one entry when hosts that are ahead take the set of the database. */
export interface EpochStep {
  readonly action: 'ADD' | 'REPLACE' | 'REMOVE';
  /** Name of the certificate; null: the database knows none. */
  readonly name: string | null;
  /** Entry of the hosts; null: they do not have it. */
  readonly before: HeldEntry | null;
  /** Entry of the database; null: it does not have it. */
  readonly after: HeldEntry | null;
  /** Whether hosts would trust a certificate again that they do not trust now. */
  readonly retrusts: boolean;
  readonly compromised: boolean;
}

/**
 * Plans what advancing the epoch undoes: deletions first, by name, compromised certificates before all others; then
 * replacements; then entries that hosts would trust no more.
 *
 * @param held entries of the hosts that are ahead
 */
export function planEpoch(held: readonly HeldEntry[], stored: readonly StoredEntry[]): EpochStep[] {
  const byFingerprint = new Map(held.map((entry) => [entry.fingerprint, entry]));
  const byAlias = new Map(held.map((entry) => [foldAlias(entry.alias), entry]));
  const storedFingerprints = new Set(stored.map(({ fingerprint }) => fingerprint));
  const matched = new Set<HeldEntry>();
  const steps = stored.flatMap(({ name, alias, fingerprint, compromised }): EpochStep[] => {
    const same = byFingerprint.get(fingerprint);
    const before = same ?? byAlias.get(foldAlias(alias));
    const isReplaced = before !== undefined && (before === same || !storedFingerprints.has(before.fingerprint));
    if (isReplaced) matched.add(before);
    if (same?.alias === alias) return [];
    const step = { name, after: { alias, fingerprint }, retrusts: !same, compromised };
    return [isReplaced ? { ...step, action: 'REPLACE', before } : { ...step, action: 'ADD', before: null }];
  });
  const removed = held
    .filter((entry) => !matched.has(entry) && !storedFingerprints.has(entry.fingerprint))
    .map((before): EpochStep => {
      return { action: 'REMOVE', name: null, before, after: null, retrusts: false, compromised: false };
    });
  return [...steps, ...removed].sort((a, b) => rank(a) - rank(b) || compare(labelOf(a), labelOf(b)));
}

function rank({ action, retrusts, compromised }: EpochStep): number {
  return action === 'REMOVE' ? 4 : !retrusts ? 3 : compromised ? 0 : action === 'ADD' ? 1 : 2;
}

function labelOf({ name, before, after }: EpochStep): string {
  return name ?? (after ?? before)?.alias ?? '';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
