import type { JvmReport, JvmState } from '@trustcast/schema';

/** What is known of the JVMs of a host, those that count most first, before anybody asks how much of it fits. */
export interface JvmListing {
  readonly jvms: readonly JvmReport[];
  /** How many of them, from the first on, are selected, attached, said something or name our jar. */
  readonly counting: number;
  /** JVMs beyond what any report lists, by what would be said of them. */
  readonly unlisted: Readonly<Partial<Record<JvmState, number>>>;
  /** How many of those count likewise. */
  readonly unlistedCounting: number;
  readonly unread: UnreadFiles;
  /** False while processes are left to be looked at. */
  readonly isScanned: boolean;
}

/** Files of `jvms/` that were not looked at. */
export interface UnreadFiles {
  readonly number: number;
  /** Who has most of them; null: nobody knows. */
  readonly uid: number | null;
}

export const NOTHING_UNREAD: UnreadFiles = { number: 0, uid: null };

/** Counts files that were not looked at, by their owners. */
export function unreadFiles(uids: readonly number[]): UnreadFiles {
  const counts = new Map<number, number>();
  for (const uid of uids) counts.set(uid, (counts.get(uid) ?? 0) + 1);
  const [most] = [...counts].sort(([, one], [, other]) => other - one);
  return { number: uids.length, uid: most?.[0] ?? null };
}
