import {
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type Errno, errnoOf } from '@trustcast/config';
import { openNew } from '../files/create-file.js';
import type { Folder } from '../files/open-folder.js';
import { inOwned } from '../files/owned-folder.js';
import { removeFile } from '../files/remove-file.js';
import { effectiveUidOf, readProc } from '../jvms/processes/process-facts.js';

/** Errors that pass by themselves, or once somebody makes room. */
const NO_ROOM: ReadonlySet<string> = new Set<Errno>(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'EFBIG']);
const PROBE = Buffer.alloc(4_096);
const RUNS = /(?:^|\/)(?:trustcast-agent|main\.js)$/;

export function isNoRoom(errno: string): boolean {
  return NO_ROOM.has(errno);
}

/** A failed write that may succeed later, wherever in the chain of causes it stands; null for other errors. */
export function noRoomError(error: unknown): Error | null {
  for (let at = error; at instanceof Error; at = at.cause) if (NO_ROOM.has(errnoOf(at))) return at;
  return null;
}

/**
 * Tries to write beside the state, or where that would be created.
 *
 * @param agent the pid of an agent that waits for room, which may have less than this process
 * @returns `<errno>: <free space>`; null on success
 */
export function roomProblem(directory: string, agent: number | null): string | null {
  for (let folder = join(directory, 'state'); ; folder = dirname(folder)) {
    try {
      inOwned(join(folder, `.probe-${process.pid}`), tryToWrite);
      return agent === null ? null : sizeProblem(agent);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT' && folder !== '/') continue;
      if (!NO_ROOM.has(errno)) return null;
      const { bavail, bsize, ffree } = statfsSync(folder);
      return `${errno}: ${folder} has ${Math.floor((bavail * bsize) / 1_024)} KB and ${ffree} inodes free`;
    }
  }
}

/** The file size limit of a process; null where it has none. */
function sizeProblem(pid: number): string | null {
  const bytes = /^Max file size\s+(\d+)/m.exec(readProc(`/proc/${pid}/limits`) ?? '')?.[1];
  return bytes === undefined
    ? null
    : `EFBIG: files of the agent may have ${bytes} bytes: raise LimitFSIZE= (ulimit -f)`;
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
  const owners = new Set<number | null>([0, ...[...folders].map((folder) => statSync(folder).uid)]);
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    // Anybody may open a folder and have any command line.
    if (!owners.has(effectiveUidOf(Number(name)))) continue;
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
