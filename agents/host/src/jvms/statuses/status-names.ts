import { type Dirent, lstatSync, opendirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Folder } from '../../files/open-folder.js';
import { removeFile } from '../../files/remove-file.js';
import { ITEMS_PER_PAUSE } from '../../pauses.js';

/** Maximum number of files per user; a JVM has one. */
const MAX_FILES_PER_USER = 1_000;
/** Maximum number of entries per read; the others are left for the next one. */
const MAX_ENTRIES = 100_000;

/** Failed removals per read; the directories of a user that are not empty are left where they are. */
const MAX_FAILURES = 100;

/**
 * Lists possible status files of a directory in which everyone may write, with a pause after some entries. No user can displace
 * the files of another: directories and links do not count, and files beyond a user's share are removed, or else not read.
 *
 * @param owned the directory, open, where files may be removed
 * @returns names, and the owner of each file that was left; one more where the directory holds more than was read
 */
export function* statusNames(
  directory: string,
  owned: Folder | null,
): Generator<void, { names: Set<string>; left: number[] }> {
  const names = new Set<string>();
  const beyond: number[] = [];
  const counts = new Map<number, number>();
  let failures = 0;
  const folder = opendirSync(owned?.at('.') ?? directory, { bufferSize: ITEMS_PER_PAUSE });
  try {
    let left = MAX_ENTRIES;
    let entry = folder.readSync();
    for (; entry && left > 0; entry = folder.readSync(), left -= 1) {
      if (left % ITEMS_PER_PAUSE === 0) yield;
      const path = join(directory, entry.name);
      const uid = entry.isFile() ? ownerOf(path) : null;
      const count = uid === null ? Infinity : (counts.get(uid) ?? 0) + 1;
      if (uid !== null) counts.set(uid, count);
      if (count <= MAX_FILES_PER_USER) names.add(entry.name);
      else {
        if (uid !== null && isStatusFile(entry.name)) beyond.push(uid);
        if (owned && failures < MAX_FAILURES && !removeOne(owned.at(entry.name), entry)) failures += 1;
      }
    }
    if (entry) beyond.push(ownerOf(join(directory, entry.name)) ?? 0);
  } finally {
    folder.closeSync();
  }
  return { names, left: beyond };
}

/** True for the name of a status file. */
export function isStatusFile(name: string): boolean {
  return name.endsWith('.json') && !name.startsWith('.');
}

/** Removes one entry, never what is below it: its owner could put a link in its place meanwhile. False where it stays. */
function removeOne(path: string, entry: Dirent): boolean {
  try {
    if (entry.isDirectory()) rmdirSync(path);
    else removeFile(path);
    return true;
  } catch {
    return false;
  }
}

function ownerOf(path: string): number | null {
  try {
    return lstatSync(path).uid;
  } catch {
    return null;
  }
}
