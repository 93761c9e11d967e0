import { type JvmReport, type JvmState, LIMITS } from '@trustcast/schema';
import { fairOrder } from './fair-order.js';
import type { HungProcess } from './processes/hung-process.js';

/** Ranks of JVMs: lower ones are listed first, and those below `others` count. */
export const JVM_RANK = { selected: 0, speaks: 1, claimed: 2, others: 3 } as const;
export type JvmRank = (typeof JVM_RANK)[keyof typeof JVM_RANK];

/** A JVM to be listed. */
export interface RankedJvm {
  readonly pid: number;
  readonly uid: number;
  readonly rank: JvmRank;
  readonly report: () => JvmReport;
}

/** What nobody has looked at, and what may be a JVM that counts. */
export interface Unseen {
  readonly unread: UnreadFiles;
  /** Processes that are left alone. */
  readonly hung: readonly HungProcess[];
  /** False while processes are left to scan. */
  readonly isScanned: boolean;
}

/** The JVMs of a host, those that count most first, before they are fitted into a report. */
export interface JvmListing extends Unseen {
  readonly jvms: readonly JvmReport[];
  /** Number of them, from the first on, that are selected, attached, have reported or name the agent's jar. */
  readonly counting: number;
  /** Number of JVMs beyond the limit of a report, by state. */
  readonly unlisted: Readonly<Partial<Record<JvmState, number>>>;
  /** Number of those that count likewise. */
  readonly unlistedCounting: number;
}

/** Files of `jvms/` that were not read. */
export interface UnreadFiles {
  readonly number: number;
  /** Owner of most of them; null where unknown. */
  readonly uid: number | null;
}

export const NOTHING_UNREAD: UnreadFiles = { number: 0, uid: null };

/** Counts unread files by their owners. */
export function unreadFiles(uids: readonly number[]): UnreadFiles {
  const counts = new Map<number, number>();
  for (const uid of uids) counts.set(uid, (counts.get(uid) ?? 0) + 1);
  const [most] = [...counts].sort(([, one], [, other]) => other - one);
  return { number: uids.length, uid: most?.[0] ?? null };
}

/** Lists JVMs by rank, and within a rank so that users take turns. */
export function listingOf(jvms: readonly RankedJvm[], unseen: Unseen): JvmListing {
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
    ...unseen,
  };
}
