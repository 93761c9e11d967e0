import { join } from 'node:path';
import { type Log, isErrno } from '@trustcast/config';
import { type JvmStatus, LIMITS, type StatusLock } from '@trustcast/schema';
import type { Folder } from '../../files/open-folder.js';
import { openOwned } from '../../files/owned-folder.js';
import { removeFile } from '../../files/remove-file.js';
import { fairOrder } from '../fair-order.js';
import { NOTHING_UNREAD, type UnreadFiles, unreadFiles } from '../jvm-listing.js';
import type { JvmProcess } from '../processes/jvm-scanner.js';
import { type ProcessFacts, bootId, readProcess, startTicksOf } from '../processes/process-facts.js';
import { processId } from '../processes/process-id.js';
import type { Watchdog } from '../processes/watchdog.js';
import { type DirectoryEntry, entryOf, isUnchanged } from './directory-entry.js';
import { type Found, type LastWords, type Read, isLater, isRunning, isSameWord } from './found-status.js';
import { HeldLocks } from './held-locks.js';
import { LockTime } from './lock-time.js';
import { ReadBudget } from './read-budget.js';
import { readStatusFile } from './status-file.js';
import { isStatusFile, statusNames } from './status-names.js';

/** Age at which a status file without a process is removed; a new process may not be scanned yet. */
const ORPHAN_MS = 60_000;
/** Time limit for reading files of users that are not selected. */
const OTHERS_MS = 100;
/** Time limit for finding the locks of their processes. */
const OTHERS_LOCKS_MS = 200;

export interface StatusFilesParts {
  /** Directory of the status files, writable by everyone. */
  readonly directory: string;
  readonly log: Log;
  readonly watchdog: Watchdog | null;
  /** The running JVMs. */
  readonly processes: () => readonly JvmProcess[];
  /** Users whose files are read first. */
  readonly favoured: () => ReadonlySet<number>;
}

/** Reads the status files of JVMs, and finds the process that holds the lock of each. */
export class StatusFiles {
  readonly #parts: StatusFilesParts;
  readonly #files = new Map<string, Found>();
  /** Files that matched no process when they were read. */
  readonly #idle = new Map<string, DirectoryEntry>();
  readonly #locks = new HeldLocks();
  /** Processes that have reported once. */
  readonly #spoke = new Map<string, LastWords>();
  #unread: UnreadFiles = NOTHING_UNREAD;
  #budget: ReadBudget;

  /** @param favoured the users whose files are read first before there are processes */
  constructor(parts: StatusFilesParts, favoured: ReadonlySet<number>) {
    this.#parts = parts;
    this.#budget = new ReadBudget(favoured);
  }

  /** Files that the last read has left for the next one. */
  get unread(): UnreadFiles {
    return this.#unread;
  }

  /** The statuses found; a process may have several files. */
  get found(): readonly Found[] {
    return [...this.#files.values()];
  }

  /** True where the process with this id has reported once. */
  hasSpoken(id: string): boolean {
    return this.#spoke.has(id);
  }

  /** Reads all files, with pauses; only the agent itself removes files of ended processes. */
  *refresh({ removeOrphans }: { readonly removeOrphans: boolean }): Generator<void, void> {
    const { directory, favoured } = this.#parts;
    const owned = removeOrphans ? this.#openOwned() : null;
    try {
      const { names, left } = yield* statusNames(directory, owned);
      for (const known of [this.#files, this.#idle])
        for (const name of known.keys())
          // One that came during a pause may not have been listed.
          if (!names.has(name) && !entryOf(directory, name)) known.delete(name);
      this.#lookAt(names, left, owned);
    } finally {
      owned?.close();
    }
    // For changes that inotify reports in between.
    this.#budget = new ReadBudget(favoured());
  }

  /** Forgets ended processes. */
  keep(alive: ReadonlySet<string>): void {
    this.#locks.keep(alive);
    for (const id of this.#spoke.keys()) if (!alive.has(id)) this.#spoke.delete(id);
  }

  /** The latest status of every process; a bound one comes first. */
  newest(): Map<string, Found> {
    const newest = new Map<string, Found>();
    for (const found of this.#files.values()) {
      const id = processId(found.process);
      const other = newest.get(id);
      if (!other || isLater(found, other)) newest.set(id, found);
    }
    return newest;
  }

  /** Opens the directory for removing files, whose names others choose; null where another user could have exchanged it. */
  #openOwned(): Folder | null {
    try {
      return openOwned(this.#parts.directory, { isShared: true });
    } catch (error) {
      this.#parts.log.debug('nothing is removed from jvms/', { error });
      return null;
    }
  }

  /** Reads one file of the directory again; true when that may have changed a report. */
  refreshFile(name: string): boolean {
    if (!isStatusFile(name)) return false;
    const entry = entryOf(this.#parts.directory, name);
    if (!entry) return this.#files.delete(name);
    if (this.#isSettled(entry) || !this.#budget.take(entry.uid, entry.bytes)) return false;
    const read = this.#read(entry, null);
    if (read === null || typeof read === 'boolean') return read ?? this.#files.delete(name);
    const time = new LockTime((uid) => this.#budget.isFavoured(uid), OTHERS_LOCKS_MS);
    return this.#budget.locks(() => this.#settle(read, time)) ?? false;
  }

  /**
   * Reads changed files within the limits: users take turns, those whose JVMs are selected first, and of each user files that are
   * bound to a process before new ones, and these before files that matched none.
   */
  #lookAt(names: ReadonlySet<string>, left: readonly number[], owned: Folder | null): void {
    const entries = [...names].flatMap((name) => entryOf(this.#parts.directory, name) ?? []);
    const budget = new ReadBudget(this.#parts.favoured(), this.#parts.watchdog?.budgetMs(OTHERS_MS) ?? Infinity);
    const worth = ({ name }: DirectoryEntry): number =>
      this.#files.get(name)?.isBound === true ? 0 : this.#idle.has(name) ? 2 : 1;
    const files = entries.filter(({ name }) => isStatusFile(name)).sort((one, other) => worth(one) - worth(other));
    const unread = [...left];
    const read: Read[] = [];
    for (const entry of fairOrder(
      files,
      ({ uid }) => (budget.isFavoured(uid) ? 0 : 1),
      ({ uid }) => uid,
    )) {
      const { name, uid, bytes } = entry;
      if (budget.take(uid, Math.min(bytes, LIMITS.jvmStatusBytes))) {
        const found = this.#read(entry, owned);
        if (found === null) {
          this.#files.delete(name);
          this.#idle.set(name, entry);
          if (owned) removeOrphan(owned, entry);
        } else if (typeof found !== 'boolean') read.push(found);
      } else if (!isUnchanged(this.#idle.get(name), entry) && !this.#stillStands(entry)) {
        this.#files.delete(name);
        unread.push(uid);
      }
    }
    // After all of them were read: a process takes its lock before it publishes the file.
    const time = new LockTime(
      (uid) => budget.isFavoured(uid),
      this.#parts.watchdog?.budgetMs(OTHERS_LOCKS_MS) ?? Infinity,
    );
    for (const one of read) {
      this.#settle(one, time);
      if (this.#files.get(one.entry.name)?.isBindingKnown === false) unread.push(one.entry.uid);
    }
    if (owned) for (const entry of entries) if (!isStatusFile(entry.name)) removeOrphan(owned, entry);
    this.#unread = unreadFiles(unread);
  }

  /** Reads a file. Null: it matches no running process; true: its process has ended, and it was removed; false: it is unchanged. */
  #read(entry: DirectoryEntry, owned: Folder | null): Read | boolean | null {
    const { name } = entry;
    const path = join(this.#parts.directory, name);
    try {
      const known = this.#files.get(name);
      if (known && !isRunning(known.process)) {
        // Never the file of another process, which may have started in the same moment with the same pid in its own namespace.
        if (owned) removeFile(owned.at(name));
        return this.#files.delete(name);
      }
      if (this.#isSettled(entry)) return false;
      const { status, ownerUid, lock, file } = readStatusFile(path);
      const candidates = this.#processesOf(status, ownerUid);
      return candidates.length === 0 ? null : { entry, status, lock, file, candidates };
    } catch (error) {
      // Gone again, or not a status file.
      if (!isErrno(error, 'ENOENT')) this.#parts.log.debug('status file not read', { name, error });
      return null;
    }
  }

  /** Assigns a file to the process that holds its lock; true where a report may have changed. */
  #settle({ entry, status, lock, file, candidates }: Read, time: LockTime): boolean {
    const known = this.#files.get(entry.name);
    const held = candidates.map((process) => this.#locks.heldBy(process, lock, file, entry.name, time));
    const author = candidates[held.indexOf('held')];
    const process = author ?? candidates[0];
    const isBindingKnown = author !== undefined || !held.includes('unknown');
    // A bound status stays until the process writes another one, whoever overwrites the file.
    if (!author && known?.isBound) this.#files.set(entry.name, { ...known, isBindingKnown });
    if (!process || (!author && known?.isBound)) return false;
    const saidAt = author ? this.#saidAt(author, status, lock) : performance.now();
    this.#idle.delete(entry.name);
    this.#files.set(entry.name, { status, process, entry, isBound: author !== undefined, isBindingKnown, saidAt });
    return !known || author === undefined || !isSameWord(status, known.status);
  }

  /** True where the file is unchanged since it was classified and its process runs: nothing is left to read. */
  #stillStands(entry: DirectoryEntry): boolean {
    const known = this.#files.get(entry.name);
    return known !== undefined && this.#isSettled(entry) && isRunning(known.process);
  }

  /** True where the file is unchanged since it was classified. */
  #isSettled(entry: DirectoryEntry): boolean {
    const known = this.#files.get(entry.name);
    return known?.isBindingKnown === true && isUnchanged(known.entry, entry);
  }

  /**
   * The processes that match a file: boot, pid in its own namespace, start ticks and user must agree. Containers that start at
   * once may have several.
   */
  #processesOf(status: JvmStatus, ownerUid: number): ProcessFacts[] {
    if (status.bootId !== bootId()) return [];
    return [this.#named(status), ...this.#parts.processes()].filter(
      (process): process is ProcessFacts =>
        process?.nsPid === status.pid && process.startTicks === status.startTicks && process.uid === ownerUid,
    );
  }

  /** The process that a status names, which anybody may do of any process, also of one that hangs every look. */
  #named({ pid, startTicks }: JvmStatus): ProcessFacts | null {
    const { watchdog } = this.#parts;
    if (startTicksOf(pid) !== startTicks || watchdog?.hasHung(processId({ pid, startTicks })) === true) return null;
    return watchdog ? watchdog.during(pid, () => readProcess(pid)) : readProcess(pid);
  }

  /** Time of a bound status; a copy of it, or another file time, is not a new one. */
  #saidAt(process: ProcessFacts, { writtenAt }: JvmStatus, lock: StatusLock): number {
    const id = processId(process);
    const last = this.#spoke.get(id);
    if (last?.lock.position === lock.position && last.lock.size === lock.size) return last.saidAt;
    // Before the first status that this agent reads, the process may have been silent for long.
    const saidAt = performance.now() - (last ? 0 : Math.max(0, Date.now() - writtenAt));
    this.#spoke.set(id, { lock, saidAt });
    return saidAt;
  }
}

/** Removes an old file that matches no process. */
function removeOrphan(owned: Folder, { name, writtenAt }: DirectoryEntry): void {
  if (Date.now() - writtenAt <= ORPHAN_MS) return;
  try {
    removeFile(owned.at(name));
  } catch {
    // A directory, or gone.
  }
}
