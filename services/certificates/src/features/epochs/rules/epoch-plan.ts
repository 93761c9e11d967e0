import { type HeldEntry, foldAlias } from '@trustcast/schema';

/** What the database has in an environment. */
export interface StoredLine {
  readonly name: string;
  readonly alias: string;
  readonly fingerprint: string;
  readonly compromised: boolean;
}

/** What becomes of one entry when hosts that are ahead take the set of the database. */
export interface EpochStep {
  readonly action: 'ADD' | 'REPLACE' | 'REMOVE';
  /** Of the certificate; null: the database knows none. */
  readonly name: string | null;
  /** What hosts have; null: nothing of it. */
  readonly before: HeldEntry | null;
  /** What the database has; null: nothing of it. */
  readonly after: HeldEntry | null;
  /** Hosts do not trust it now and would trust it again. */
  readonly retrusts: boolean;
  readonly compromised: boolean;
}

/**
 * What advancing the epoch undoes: deletions first, by name, what is known to be compromised before all else; then what was
 * replaced; then what hosts would trust no more.
 *
 * @param held what hosts have that are ahead
 */
export function planEpoch(held: readonly HeldEntry[], stored: readonly StoredLine[]): EpochStep[] {
  const byFingerprint = new Map(held.map((entry) => [entry.fingerprint, entry]));
  const byAlias = new Map(held.map((entry) => [foldAlias(entry.alias), entry]));
  const kept = new Set(stored.map(({ fingerprint }) => fingerprint));
  const matched = new Set<HeldEntry>();
  const steps = stored.flatMap(({ name, alias, fingerprint, compromised }): EpochStep[] => {
    const same = byFingerprint.get(fingerprint);
    const before = same ?? byAlias.get(foldAlias(alias));
    const isReplaced = before !== undefined && (before === same || !kept.has(before.fingerprint));
    if (isReplaced) matched.add(before);
    if (same?.alias === alias) return [];
    const step = { name, after: { alias, fingerprint }, retrusts: !same, compromised };
    return [isReplaced ? { ...step, action: 'REPLACE', before } : { ...step, action: 'ADD', before: null }];
  });
  const removed = held
    .filter((entry) => !matched.has(entry) && !kept.has(entry.fingerprint))
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
