import {
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type Errno, errnoOf } from '@trustcast/config';
import { openNew } from '../files/create-file.js';
import type { Folder } from '../files/open-folder.js';
import { inOwned } from '../files/owned-folder.js';
import { removeFile } from '../files/remove-file.js';

/** Errors that pass by themselves, or once somebody makes room. */
const NO_ROOM: ReadonlySet<string> = new Set<Errno>(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'EFBIG']);
const PROBE = Buffer.alloc(4_096);
const RUNS = /(?:^|\/)(?:trustcast-agent|main\.js)$/;

export function isNoRoom(errno: string): boolean {
  return NO_ROOM.has(errno);
}

/** The errno of a failed write that may succeed later, wherever in the chain of causes it stands; null for other errors. */
export function noRoomErrno(error: unknown): string | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    const errno = errnoOf(at);
    if (NO_ROOM.has(errno)) return errno;
  }
  return null;
}

/** Tries to write beside the state, or where that would be created. @returns `<errno>: <free space>`; null on success */
export function roomProblem(directory: string): string | null {
  for (let folder = join(directory, 'state'); ; folder = dirname(folder)) {
    try {
      inOwned(join(folder, `.probe-${process.pid}`), tryToWrite);
      return null;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT' && folder !== '/') continue;
      if (!NO_ROOM.has(errno)) return null;
      const { bavail, bsize, ffree } = statfsSync(folder);
      return `${errno}: ${folder} has ${Math.floor((bavail * bsize) / 1_024)} KB and ${ffree} inodes free`;
    }
  }
}

function tryToWrite(folder: Folder, name: string): void {
  const file = openNew(folder.at(name));
  try {
    writeSync(file, PROBE);
  } finally {
    closeSync(file);
    removeFile(folder.at(name));
  }
}

/** Opens the directory that the agent waits for, by which {@link waitingAgent} finds it, since nothing can be written. */
export function holdFolder(directory: string): () => void {
  const folder = nearestFolder(join(directory, 'state'));
  if (folder === null) return () => undefined;
  const held = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  return () => closeSync(held);
}

/** The pid of an agent that waits for room; null where there is none, or it may not be seen. */
export function waitingAgent(directory: string): number | null {
  const folders = new Set<string>();
  for (
    let folder = nearestFolder(join(directory, 'state'));
    folder !== null && folder !== '/';
    folder = dirname(folder)
  ) {
    folders.add(folder);
    if (folder.length < directory.length) break;
  }
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      if (!command.includes('run') || !command.some((word) => RUNS.test(word))) continue;
      const files = readdirSync(`/proc/${name}/fd`).map((fd) => linkOf(`/proc/${name}/fd/${fd}`));
      if (files.some((file) => folders.has(file))) return Number(name);
    } catch {
      // Another user's, or gone.
    }
  }
  return null;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** The existing part of a path. */
function nearestFolder(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return path === '/' ? null : nearestFolder(dirname(path));
  }
}
