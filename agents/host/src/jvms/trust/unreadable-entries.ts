/** Report of one selected JVM about the latest truststore. */
export interface LoadVerdict {
  /** The libjvm.so of its process according to the kernel; null where unknown. */
  readonly library: string | null;
  /** False where its user is not trusted: its report only makes the agent ask the JDK of the base. */
  readonly isTrusted: boolean;
  /** False while it has not read this file yet. */
  readonly isCurrent: boolean;
  readonly unreadable: readonly string[];
}

/** An entry that every JVM of some JDK reports as unreadable. */
export interface UnreadableEntry {
  readonly alias: string;
  readonly library: string | null;
  /** False where no JVM of a trusted user reports it. */
  readonly isTrusted: boolean;
}

/**
 * Collects entries that every JVM of some JDK reports: one JVM alone may be broken, or lie. Where JVMs of trusted users run
 * this JDK, the others are ignored.
 */
export function unreadableEntries(verdicts: readonly LoadVerdict[]): UnreadableEntry[] {
  const found: UnreadableEntry[] = [];
  for (const library of new Set(verdicts.map((verdict) => verdict.library))) {
    const all = verdicts.filter((verdict) => verdict.library === library);
    const trusted = all.filter(({ isTrusted }) => isTrusted);
    const [first, ...others] = trusted.length > 0 ? trusted : all;
    if (first?.isCurrent !== true) continue;
    for (const alias of first.unreadable)
      if (others.every(({ isCurrent, unreadable }) => isCurrent && unreadable.includes(alias)))
        found.push({ alias, library, isTrusted: first.isTrusted });
  }
  return found;
}
