import { lstatSync, readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isWrittenByOthers } from './written-by-others.js';

const MAX_LINKS = 16;

/**
 * The real path of a file that only root and the agent's own user could have put there; null where another user could. Nothing
 * below a directory of another user is read: its file system may never answer.
 */
export function ownedPath(path: string, links = 0): string | null {
  let at = '/';
  for (const part of ['', ...path.split('/').filter(Boolean)]) {
    const next = join(at, part);
    const stat = lstatSync(next);
    if (stat.uid !== 0 && stat.uid !== process.geteuid?.()) return null;
    if (stat.isSymbolicLink()) {
      const target = links < MAX_LINKS ? ownedPath(resolve(at, readlinkSync(next)), links + 1) : null;
      if (target === null) return null;
      at = target;
      continue;
    }
    if (isWrittenByOthers(stat)) return null;
    at = next;
  }
  return at;
}
