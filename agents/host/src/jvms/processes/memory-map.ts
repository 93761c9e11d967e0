import { readLines } from '../../files/read-lines.js';

/** A process may have 65,530 mappings by default, of which each path may have 4 KB; a JVM has some thousand. */
const MAX_BYTES = 8 * 1_024 * 1_024;
const DELETED = ' (deleted)';

/**
 * The first path of a process's memory map for which `test` holds; null where there is none, or the map may not be read.
 * Paths are as the process's mount namespace names them. Linear in the length of the map.
 */
export function mappedPath(pid: number, test: (path: string) => boolean): string | null {
  try {
    for (const line of readLines(`/proc/${pid}/maps`, MAX_BYTES)) {
      // Addresses, permissions, offset, device and inode have no slash.
      const at = line.indexOf('/');
      if (at < 0) continue;
      const path = Buffer.from(
        line.endsWith(DELETED) ? line.slice(at, -DELETED.length) : line.slice(at),
        'latin1',
      ).toString('utf8');
      if (test(path)) return path;
    }
  } catch {
    // Another user's, or gone.
  }
  return null;
}
