/** What one selected JVM says of the truststore that was written last. */
export interface LoadVerdict {
  /** The libjvm.so of its process, by the kernel's word and not by its own; null where that cannot be told. */
  readonly library: string | null;
  /** False where nobody named its user: its word asks the JDK of the base alone. */
  readonly isTrusted: boolean;
  /** False while it has not come to this file yet. */
  readonly isCurrent: boolean;
  readonly unreadable: readonly string[];
}

/** An entry that no JVM of a JDK says it can load. */
export interface UnreadableEntry {
  readonly alias: string;
  readonly library: string | null;
  /** False where no JVM of a trusted user says so. */
  readonly isTrusted: boolean;
}

/**
 * An entry counts only when every JVM of some JDK names it: one JVM alone may be broken, or lie. Where JVMs of trusted users
 * run this JDK, the others are not heard.
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
