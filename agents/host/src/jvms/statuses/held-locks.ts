import { type Dir, opendirSync, openSync, closeSync, readlinkSync } from 'node:fs';
import { isErrno } from '@trustcast/config';
import type { StatusLock } from '@trustcast/schema';
import { readStart } from '../../files/careful-file.js';
import type { KernelFile } from '../processes/kernel-file.js';
import type { LockTime } from './lock-time.js';
import { type ProcessFacts, startTicksOf } from '../processes/process-facts.js';
import { processId } from '../processes/process-id.js';

/** Whether a process holds a lock; unknown where it may not be read, or not within the time limit. */
export type Held = 'held' | 'not held' | 'unknown';

/** A descriptor has some lines, and one more for each lock that its process holds on the file. */
const MAX_INFO_BYTES = 64 * 1_024;
/** Maximum number of descriptors that are remembered for a process. */
const REMEMBERED = 4;
const DELETED = ' (deleted)';
/** The pid is no proof: it is that of the thread or child that took the lock, and may be reused. */
const LOCK = /^lock:\t\d+: POSIX +ADVISORY +WRITE -?\d+ ([0-9a-f]+:[0-9a-f]+:\d+) (\d+) (\d+)$/gm;

/**
 * Finds the record locks of processes by their own descriptors: `/proc/<pid>/fdinfo` lists only the locks of that process's
 * table of descriptors. `/proc/locks` names pids, also of children that took a lock for others and are gone.
 */
export class HeldLocks {
  readonly #last = new Map<string, readonly number[]>();

  /** Tells whether a process has the file open and holds this lock on it, in any namespaces. */
  heldBy(process: ProcessFacts, lock: StatusLock, file: KernelFile, name: string, time: LockTime): Held {
    const { pid, uid, startTicks } = process;
    const id = processId(process);
    const range = `${file} ${lock.position} ${lock.position + lock.size - 1n}`;
    const startedAt = performance.now();
    try {
      const remembered = this.#last.get(id) ?? [];
      const fd =
        remembered.find((one) => isOpenAs(pid, one, name) && hasLock(pid, one, range)) ??
        search(pid, name, range, startedAt + time.left(uid));
      if (fd === null || startTicksOf(pid) !== startTicks) return 'not held';
      this.#last.set(id, [fd, ...remembered.filter((one) => one !== fd)].slice(0, REMEMBERED));
      return 'held';
    } catch (error) {
      return isErrno(error, 'ENOENT', 'ESRCH') ? 'not held' : 'unknown';
    } finally {
      time.spend(uid, performance.now() - startedAt);
    }
  }

  /** Forgets all other processes. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#last.keys()) if (!ids.has(id)) this.#last.delete(id);
  }
}

/** Searches the descriptor with the lock; null where none has it. A process may have a million. @throws TimeIsUp */
function search(pid: number, name: string, range: string, until: number): number | null {
  if (performance.now() > until) throw new TimeIsUp();
  const folder: Dir = opendirSync(`/proc/${pid}/fd`, { bufferSize: 256 });
  try {
    for (let entry = folder.readSync(); entry; entry = folder.readSync()) {
      const fd = Number(entry.name);
      if (isOpenAs(pid, fd, name) && hasLock(pid, fd, range)) return fd;
      if (performance.now() > until) throw new TimeIsUp();
    }
    return null;
  } finally {
    folder.closeSync();
  }
}

/** Compares the text of the link: a call on the file itself could block on its file system. */
function isOpenAs(pid: number, fd: number, name: string): boolean {
  try {
    const path = readlinkSync(`/proc/${pid}/fd/${fd}`);
    return (path.endsWith(DELETED) ? path.slice(0, -DELETED.length) : path).endsWith(`/${name}`);
  } catch (error) {
    // Closed meanwhile.
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

function hasLock(pid: number, fd: number, range: string): boolean {
  let file: number;
  try {
    file = openSync(`/proc/${pid}/fdinfo/${fd}`, 'r');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
  try {
    const info = readStart(file, MAX_INFO_BYTES);
    for (const [, on = '', start = '', end = ''] of info.toString('latin1').matchAll(LOCK))
      if (`${on} ${start} ${end}` === range) return true;
    if (info.length === MAX_INFO_BYTES) throw new TimeIsUp();
    return false;
  } finally {
    closeSync(file);
  }
}

/** Ends a search that takes too long. */
class TimeIsUp extends Error {}
