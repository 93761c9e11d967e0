/** What one selected JVM says of the truststore that was written last. */
export interface LoadVerdict {
  readonly jdkVersion: string;
  /** False while it has not come to this file yet. */
  readonly isCurrent: boolean;
  readonly unreadable: readonly string[];
}

/** An entry that no JVM of a JDK can load. */
export interface UnreadableEntry {
  readonly alias: string;
  readonly jdkVersion: string;
}

/** An entry counts only when every JVM of some JDK names it: one JVM alone may be broken, or lie. */
export function unreadableEntries(verdicts: readonly LoadVerdict[]): UnreadableEntry[] {
  const found: UnreadableEntry[] = [];
  for (const jdkVersion of new Set(verdicts.map((verdict) => verdict.jdkVersion))) {
    const [first, ...others] = verdicts.filter((verdict) => verdict.jdkVersion === jdkVersion);
    if (first?.isCurrent !== true) continue;
    for (const alias of first.unreadable)
      if (others.every(({ isCurrent, unreadable }) => isCurrent && unreadable.includes(alias)))
        found.push({ alias, jdkVersion });
  }
  return found;
}
