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
 * Tells whether a user has a right (4 read, 2 write, 1 search). With an access control list, the group bits of the mode are its
 * mask, which limits what the list grants and does not say to whom: `unknown` where the answer depends on that. What both
 * the group's bits and those of others grant counts as granted, although a list could keep it from a single user.
 *
 * @param path through which the list is looked for; use one of an open file where the other could be exchanged
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

/** By device, inode and the time at which a list was last changed. */
const known = new Map<string, boolean>();

/** Node has no call for extended attributes; null where the `ls` of this system does not tell. */
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

/** Others, BusyBox among them, mark no lists. */
function isGnuLs(): boolean {
  return (isGnu ??= ls(['--version']).startsWith('ls (GNU coreutils)'));
}

function ls(args: readonly string[]): string {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
  const { status, stdout } = spawnSync('ls', args, { encoding: 'utf8', env, timeout: ASK_MS });
  return status === 0 ? stdout : '';
}
