import { type Dirent, lstatSync, opendirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeFile } from '../files/remove-file.js';

/** Status files of one user's JVMs; a JVM has one. */
const MAX_FILES_PER_USER = 1_000;
/** What a directory may hold before the rest of it is left for the next look. */
const MAX_ENTRIES = 100_000;

/**
 * Names of what may be status files in a directory in which everyone may write. Whatever one user puts there takes no place
 * from another's: directories and links do not count, and files beyond a user's share are removed, or else not looked at.
 */
export function statusNames(directory: string, { remove }: { remove: boolean }): Set<string> {
  const names = new Set<string>();
  const counts = new Map<number, number>();
  const folder = opendirSync(directory, { bufferSize: 1_024 });
  try {
    let left = MAX_ENTRIES;
    for (let entry = folder.readSync(); entry && left > 0; entry = folder.readSync(), left -= 1) {
      const path = join(directory, entry.name);
      const uid = entry.isFile() ? ownerOf(path) : null;
      const count = uid === null ? Infinity : (counts.get(uid) ?? 0) + 1;
      if (uid !== null) counts.set(uid, count);
      if (count <= MAX_FILES_PER_USER) names.add(entry.name);
      else if (remove) removeOne(path, entry);
    }
  } finally {
    folder.closeSync();
  }
  return names;
}

/** Never what is below it: its owner could put a link in its place meanwhile. */
function removeOne(path: string, entry: Dirent): void {
  try {
    if (entry.isDirectory()) rmdirSync(path);
    else removeFile(path);
  } catch {
    // Not empty, or gone.
  }
}

function ownerOf(path: string): number | null {
  try {
    return lstatSync(path).uid;
  } catch {
    return null;
  }
}
