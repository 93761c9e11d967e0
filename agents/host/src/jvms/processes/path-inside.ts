import { readlinkSync } from 'node:fs';
import { resolve } from 'node:path';

/** What Linux follows. */
const MAX_LINKS = 40;

/**
 * Where a path of a process leads, as seen from here: below its root, without links. Left to the kernel, an absolute link
 * would lead on from our own root.
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
