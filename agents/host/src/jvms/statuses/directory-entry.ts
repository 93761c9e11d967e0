import { type BigIntStats, lstatSync } from 'node:fs';
import { join } from 'node:path';

/** An entry of a directory in which everyone may write, at the time of reading. */
export interface DirectoryEntry {
  readonly name: string;
  readonly uid: number;
  readonly bytes: number;
  readonly mtimeNs: bigint;
  readonly inode: bigint;
  /** Milliseconds since 1970; a time in the future, which its owner can set, does not count. */
  readonly writtenAt: number;
}

/** Reads an entry; null where it is gone. */
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

/** True where the file was neither written nor replaced; file times advance in steps of milliseconds, the inode differs. */
export function isUnchanged(one: DirectoryEntry | undefined, other: DirectoryEntry): boolean {
  return one?.mtimeNs === other.mtimeNs && one.inode === other.inode;
}
