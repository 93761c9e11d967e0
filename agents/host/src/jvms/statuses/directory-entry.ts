import { type BigIntStats, lstatSync } from 'node:fs';
import { join } from 'node:path';

/** An entry of a directory in which everyone may write, as it was when it was looked at. */
export interface DirectoryEntry {
  readonly name: string;
  readonly uid: number;
  readonly bytes: number;
  readonly mtimeNs: bigint;
  readonly inode: bigint;
  /** Milliseconds since 1970; a later time of its owner's making does not count. */
  readonly writtenAt: number;
}

/** Null when it is gone. */
export function entryOf(directory: string, name: string): DirectoryEntry | null {
  let stat: BigIntStats;
  try {
    stat = lstatSync(join(directory, name), { bigint: true });
  } catch {
    return null;
  }
  const { uid, size, mtimeNs, mtimeMs, ctimeMs, ino } = stat;
  const writtenAt = Math.min(Number(mtimeMs), Number(ctimeMs));
  return { name, uid: Number(uid), bytes: Number(size), mtimeNs, inode: ino, writtenAt };
}

/** True when nothing has been written or put in its place; the clock of files stands still for milliseconds, the inode differs. */
export function isUnchanged(one: DirectoryEntry | undefined, other: DirectoryEntry): boolean {
  return one?.mtimeNs === other.mtimeNs && one.inode === other.inode;
}
