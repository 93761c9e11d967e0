import { type JvmReport, type JvmState, LIMITS } from '@trustcast/schema';
import { fairOrder } from './fair-order.js';

/** What a JVM is to the agent; lower ones are listed first, and those below `others` count. */
export const JVM_RANK = { selected: 0, speaks: 1, claimed: 2, others: 3 } as const;
export type JvmRank = (typeof JVM_RANK)[keyof typeof JVM_RANK];

/** A JVM on its way into a listing. */
export interface RankedJvm {
  readonly pid: number;
  readonly uid: number;
  readonly rank: JvmRank;
  readonly report: () => JvmReport;
}

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

/** Lists JVMs by rank, and within a rank so that users take turns. */
export function listingOf(jvms: readonly RankedJvm[], unread: UnreadFiles, isScanned: boolean): JvmListing {
  const inOrder = [...jvms].sort((one, other) => one.pid - other.pid);
  const ordered = fairOrder(
    inOrder,
    ({ rank }) => rank,
    ({ uid }) => uid,
  );
  const counting = ordered.filter(({ rank }) => rank < JVM_RANK.others).length;
  const unlisted: Partial<Record<JvmState, number>> = {};
  for (const { report } of ordered.slice(LIMITS.agentStatusJvms)) {
    const { state } = report();
    unlisted[state] = (unlisted[state] ?? 0) + 1;
  }
  return {
    jvms: ordered.slice(0, LIMITS.agentStatusJvms).map(({ report }) => report()),
    counting: Math.min(counting, LIMITS.agentStatusJvms),
    unlisted,
    unlistedCounting: Math.max(0, counting - LIMITS.agentStatusJvms),
    unread,
    isScanned,
  };
}
