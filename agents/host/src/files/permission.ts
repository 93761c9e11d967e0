import { spawnSync } from 'node:child_process';
import type { Stats } from 'node:fs';

const ASK_MS = 2_000;
const KNOWN = 1_000;

export interface User {
  readonly uid: number;
  /** The primary group and other known groups. */
  readonly gids: readonly number[];
}

/**
 * Decides whether a user has a right (4 read, 2 write, 1 search). With an access control list, the group bits of the mode are its
 * mask, which limits what the list grants and does not say to whom: `unknown` where the answer depends on that. What both
 * the group's bits and those of others grant counts as granted, although a list could keep it from a single user.
 *
 * @param path of the file; use that of an open descriptor where the file could be exchanged
 */
export function permissionOf({ uid, gids }: User, stat: Stats, right: number, path: string): 'yes' | 'no' | 'unknown' {
  if (uid === 0) return 'yes';
  const has = (bits: number): boolean => (stat.mode & bits) !== 0;
  if (uid === stat.uid) return has(right << 6) ? 'yes' : 'no';
  const [group, others] = [has(right << 3), has(right)];
  if (group === others) return group ? 'yes' : 'no';
  if (hasAccessList(stat, path) !== false) return 'unknown';
  return (gids.includes(stat.gid) ? group : others) ? 'yes' : 'no';
}

/** Results by device, inode and time of the last change of the attributes. */
const known = new Map<string, boolean>();

/** Whether a file has an access control list; null if the `ls` of this system does not show it. Node has no call for it. */
function hasAccessList({ dev, ino, ctimeMs }: Stats, path: string): boolean | null {
  const id = [dev, ino, ctimeMs].join(' ');
  const before = known.get(id);
  if (before !== undefined) return before;
  if (!isGnuLs()) return null;
  const mark = ls(['-ldnL', '--', path])[10];
  if (mark === undefined) return null;
  if (known.size >= KNOWN) known.clear();
  known.set(id, mark === '+');
  return mark === '+';
}

let isGnu: boolean | undefined;

/** Whether `ls` is that of GNU; others, such as BusyBox, do not mark access control lists. */
function isGnuLs(): boolean {
  return (isGnu ??= ls(['--version']).startsWith('ls (GNU coreutils)'));
}

function ls(args: readonly string[]): string {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
  const { status, stdout } = spawnSync('ls', args, { encoding: 'utf8', env, timeout: ASK_MS });
  return status === 0 ? stdout : '';
}
