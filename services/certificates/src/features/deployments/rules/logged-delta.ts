import { type Delta, foldAlias } from '@trustcast/schema';

/** What one revision changed, as the log has it. */
export interface LoggedDelta {
  readonly upserts: readonly {
    readonly alias: string;
    readonly fingerprint: string;
    readonly der: Uint8Array;
    /** The alias was there before, with another certificate. */
    readonly replaces: boolean;
  }[];
  readonly removals: readonly string[];
}

/** One delta with the effect of several, applied in their order: what came and went meanwhile is not in it. */
export function composeDeltas(deltas: readonly LoggedDelta[]): Delta {
  const touched = new Map<string, { before: string | null; after: { alias: string; der: Uint8Array } | null }>();
  for (const { upserts, removals } of deltas) {
    for (const alias of removals) {
      const key = foldAlias(alias);
      touched.set(key, { before: (touched.get(key) ?? { before: alias }).before, after: null });
    }
    for (const { alias, der, replaces } of upserts) {
      const key = foldAlias(alias);
      const { before } = touched.get(key) ?? { before: replaces ? alias : null };
      touched.set(key, { before, after: { alias, der } });
    }
  }
  const entries = [...touched.values()];
  return {
    removals: entries.flatMap(({ before, after }) => (before !== null && before !== after?.alias ? [before] : [])),
    upserts: entries.flatMap(({ after }) => (after ? [after] : [])),
  };
}
