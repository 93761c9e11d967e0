import { readlinkSync } from 'node:fs';
import { resolve } from 'node:path';

/** Number of links that Linux follows. */
const MAX_LINKS = 40;

/**
 * Resolves a path of a process below its root, without links. The kernel would resolve an absolute link from the root of this
 * process.
 */
export function pathInside(pid: number, path: string): string {
  const root = `/proc/${pid}/root`;
  const names = path.split('/');
  let at = '/';
  let links = 0;
  while (names.length > 0) {
    const next = resolve(at, names.shift() ?? '');
    const target = linkAt(root + next);
    if (target === null || (links += 1) > MAX_LINKS) at = next;
    else {
      names.unshift(...target.split('/'));
      if (target.startsWith('/')) at = '/';
    }
  }
  return root + at;
}

function linkAt(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
