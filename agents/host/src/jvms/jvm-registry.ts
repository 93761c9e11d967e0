import { join } from 'node:path';
import {
  type JvmReport,
  type JvmStatus,
  LIMITS,
  type PartialField,
  type StatusLock,
  plainText,
} from '@trustcast/schema';
import type { Config } from '../config.js';
import { errnoOf } from '../errors.js';
import type { Folder } from '../files/open-folder.js';
import { openOwned } from '../files/owned-folder.js';
import { removeFile } from '../files/remove-file.js';
import type { Log } from '../log.js';
import type { AgentDirectory } from '../state/agent-directory.js';
import type { WrittenHistory } from '../truststore/written-history.js';
import type { Detached } from './attach/detached.js';
import { type DirectoryEntry, entryOf, isUnchanged } from './statuses/directory-entry.js';
import { fairOrder } from './fair-order.js';
import { type Found, type LastWords, type Read, isLater, isRunning, isSameWord } from './statuses/found-status.js';
import {
  JVM_RANK,
  type JvmListing,
  type JvmRank,
  NOTHING_UNREAD,
  type RankedJvm,
  type UnreadFiles,
  listingOf,
  unreadFiles,
} from './jvm-listing.js';
import { type JvmProcess, JvmScanner } from './processes/jvm-scanner.js';
import { type ProcessFacts, bootId, readProcess } from './processes/process-facts.js';
import { HeldLocks } from './statuses/held-locks.js';
import { LockTime } from './statuses/lock-time.js';
import { NamingJvms } from './silence/naming-jvms.js';
import { ReadBudget } from './statuses/read-budget.js';
import { processId } from './processes/process-id.js';
import { type Selector, isSelected } from './attach/selector.js';
import { isStatusFile, statusNames } from './statuses/status-names.js';
import { readStatusFile } from './statuses/status-file.js';
import type { Watchdog } from './processes/watchdog.js';
import { trustedUsers } from './trust/trusted-users.js';
import { type UnreadableEntry, unreadableEntries } from './trust/unreadable-entries.js';

/** A status file without its process is removed after this; the process may be about to show up. */
const ORPHAN_MS = 60_000;
/** A JVM that is well writes its status every 5 s; the word of one that has not for so long may not hold any more. */
const SILENT_MS = 30_000;
/** How long one look reads files of users that nobody selected. */
const OTHERS_MS = 100;
/** How long it looks for the locks of their processes. */
const OTHERS_LOCKS_MS = 200;
const MAX_ALIASES = 1_000;
const MAX_OTHERS = 8;

/** A status that may be anybody's: its process holds no lock for it. */
const NOT_BOUND = 'STATUS_NOT_BOUND: the process does not stand by what is written for it';
const NOT_JUDGED =
  'STATUS_NOT_BOUND: the descriptors of the process could not be read, so nobody knows whether it stands by it (CAP_SYS_PTRACE)';

/** Why a selected JVM is not connected. */
export interface AttachFailure {
  readonly state: 'FAILED' | 'UNSUPPORTED';
  readonly reason: string;
}

/** Knows the JVMs of this host: from /proc what runs, from the status files what they say of themselves. */
export class JvmRegistry {
  readonly #directory: string;
  readonly #history: WrittenHistory;
  readonly #selectors: readonly Selector[];
  readonly #trustedUsers: ReadonlySet<number>;
  readonly #detached: Detached;
  readonly #log: Log;
  readonly #scanner: JvmScanner;
  readonly #watchdog: Watchdog | null;
  readonly #files = new Map<string, Found>();
  /** Files that were of no process when they were read. */
  readonly #idle = new Map<string, DirectoryEntry>();
  #unread: UnreadFiles = NOTHING_UNREAD;
  #budget: ReadBudget;
  readonly #naming: NamingJvms;
  readonly #locks = new HeldLocks();
  readonly #failures = new Map<string, AttachFailure>();
  /** Processes that had a status file of their own once. */
  readonly #spoke = new Map<string, LastWords>();
  #processes: readonly JvmProcess[] = [];

  constructor(
    directory: AgentDirectory,
    history: WrittenHistory,
    config: Pick<Config, 'attach' | 'base' | 'jvmAgentJar'>,
    detached: Detached,
    log: Log,
    watchdog: Watchdog | null = null,
  ) {
    this.#scanner = new JvmScanner(watchdog);
    this.#watchdog = watchdog;
    this.#directory = directory.jvms;
    this.#naming = new NamingJvms(directory, config.jvmAgentJar, watchdog);
    this.#history = history;
    this.#selectors = config.attach;
    this.#trustedUsers = trustedUsers(config);
    this.#detached = detached;
    this.#log = log;
    this.#budget = new ReadBudget(this.#trustedUsers);
  }

  /** False when the last {@link refresh} has left processes for the next one. */
  get isComplete(): boolean {
    return this.#scanner.isComplete && this.#naming.isComplete;
  }

  /** True when the last look has left files for the next one, so that no host with them is LIVE. */
  get hasUnreadFiles(): boolean {
    return this.#unread.number > 0;
  }

  /** Looks at all processes and files; only the agent itself removes what dead processes have left. */
  refresh({ removeOrphans = true } = {}): void {
    this.refreshProcesses();
    this.refreshFiles({ removeOrphans });
  }

  /** The first half of {@link refresh}: something else may be done before the other. */
  refreshProcesses(): void {
    this.#processes = this.#scanner.scan();
  }

  refreshFiles({ removeOrphans = true } = {}): void {
    const owned = removeOrphans ? this.#openOwned() : null;
    try {
      const { names, left } = statusNames(this.#directory, owned);
      for (const known of [this.#files, this.#idle])
        for (const name of known.keys()) if (!names.has(name)) known.delete(name);
      this.#lookAt(names, left, owned);
    } finally {
      owned?.close();
    }
    // For what is told in between.
    this.#budget = new ReadBudget(this.#favoured());
    const speaking = new Set([...this.#files.values()].map(({ process }) => processId(process)));
    this.#naming.look(this.#processes, (process) => !speaking.has(processId(process)));
    const alive = new Set(this.#processes.map(processId));
    this.#locks.keep(alive);
    for (const ids of [this.#failures, this.#spoke]) for (const id of ids.keys()) if (!alive.has(id)) ids.delete(id);
    if (removeOrphans) {
      // Also of processes that nobody has had the time to look at, or that hang whoever does.
      const running = (): Set<string> => this.#scanner.runningIds();
      this.#detached.keep(running);
      this.#watchdog?.keep(running);
    }
  }

  /** Where files are removed, by names that others have chosen; null where somebody else could have exchanged it. */
  #openOwned(): Folder | null {
    try {
      return openOwned(this.#directory, { isShared: true });
    } catch (error) {
      this.#log.debug('nothing is removed from jvms/', { error });
      return null;
    }
  }

  /** Reads one file of the directory again; true when that may have changed a report. */
  refreshFile(name: string): boolean {
    if (!isStatusFile(name)) return false;
    const entry = entryOf(this.#directory, name);
    if (!entry) return this.#files.delete(name);
    if (this.#isSettled(entry) || !this.#budget.take(entry.uid, entry.bytes)) return false;
    const read = this.#read(entry, null);
    if (read === null || typeof read === 'boolean') return read ?? this.#files.delete(name);
    const time = new LockTime((uid) => this.#budget.isFavoured(uid), OTHERS_LOCKS_MS);
    return this.#budget.locks(() => this.#settle(read, time)) ?? false;
  }

  /**
   * Reads what has changed, as far as one look may: users take turns, those whose JVMs are selected go first, and of each
   * user files that stand for a process before those that are new, and these before those that stood for none.
   */
  #lookAt(names: ReadonlySet<string>, left: readonly number[], owned: Folder | null): void {
    const entries = [...names].flatMap((name) => entryOf(this.#directory, name) ?? []);
    const budget = new ReadBudget(this.#favoured(), this.#watchdog ? OTHERS_MS : Infinity);
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
    // After all of them were read: what a process says, it has locked before.
    const time = new LockTime((uid) => budget.isFavoured(uid), this.#watchdog ? OTHERS_LOCKS_MS : Infinity);
    for (const one of read) {
      this.#settle(one, time);
      if (this.#files.get(one.entry.name)?.isJudged === false) unread.push(one.entry.uid);
    }
    if (owned) for (const entry of entries) if (!isStatusFile(entry.name)) removeOrphan(owned, entry);
    this.#unread = unreadFiles(unread);
  }

  /** Null: it stands for no process that runs; true: it did, and was removed; false: it is as it was. */
  #read(entry: DirectoryEntry, owned: Folder | null): Read | boolean | null {
    const { name } = entry;
    const path = join(this.#directory, name);
    try {
      const known = this.#files.get(name);
      if (known && !isRunning(known.process)) {
        // Never another one's, who may have started in the same moment with the same pid in its own namespace.
        if (owned) removeFile(owned.at(name));
        return this.#files.delete(name);
      }
      if (this.#isSettled(entry)) return false;
      const { status, ownerUid, lock, file } = readStatusFile(path);
      const candidates = this.#processesOf(status, ownerUid);
      return candidates.length === 0 ? null : { entry, status, lock, file, candidates };
    } catch (error) {
      // Gone again, or not a status file.
      if (errnoOf(error) !== 'ENOENT') this.#log.debug('status file not read', { name, error });
      return null;
    }
  }

  /** Gives a file to the process that stands by it; true when that may have changed a report. */
  #settle({ entry, status, lock, file, candidates }: Read, time: LockTime): boolean {
    const known = this.#files.get(entry.name);
    const held = candidates.map((process) => this.#locks.heldBy(process, lock, file, entry.name, time));
    const author = candidates[held.indexOf('held')];
    const process = author ?? candidates[0];
    const isJudged = author !== undefined || !held.includes('unknown');
    // What a process said keeps its place until it says something else, whoever writes over it.
    if (!author && known?.isBound) this.#files.set(entry.name, { ...known, isJudged });
    if (!process || (!author && known?.isBound)) return false;
    const saidAt = author ? this.#saidAt(author, status, lock) : performance.now();
    this.#idle.delete(entry.name);
    this.#files.set(entry.name, { status, process, entry, isBound: author !== undefined, isJudged, saidAt });
    return !known || author === undefined || !isSameWord(status, known.status);
  }

  /** True where nothing was written since it was judged, and its process runs: nothing of it is left to be looked at. */
  #stillStands(entry: DirectoryEntry): boolean {
    const known = this.#files.get(entry.name);
    return known !== undefined && this.#isSettled(entry) && isRunning(known.process);
  }

  /** True where nothing was written since it was judged. */
  #isSettled(entry: DirectoryEntry): boolean {
    const known = this.#files.get(entry.name);
    return known?.isJudged === true && isUnchanged(known.entry, entry);
  }

  /** Users whose files are looked at first. */
  #favoured(): ReadonlySet<number> {
    const selected = this.#processes.filter((process) => isSelected(this.#selectors, process));
    return new Set([...this.#trustedUsers, ...selected.map(({ uid }) => uid)]);
  }

  /** Selected JVMs that have no status file of their own. */
  unconnected(): JvmProcess[] {
    const connected = new Set(
      [...this.#files.values()]
        // One whose file system has no locks was attached once.
        .filter(({ isBound, process }) => isBound || this.#failures.has(processId(process)))
        .map(({ process }) => processId(process)),
    );
    return this.#processes.filter(
      (process) => isSelected(this.#selectors, process) && !connected.has(processId(process)),
    );
  }

  /** True when it was detached by hand, perhaps a moment ago. */
  isDetached(process: ProcessFacts): boolean {
    return this.#detached.has(processId(process));
  }

  /** Notes how an attach ended; null forgets. */
  noteAttach(process: ProcessFacts, failure: AttachFailure | null): void {
    if (failure) this.#failures.set(processId(process), failure);
    else this.#failures.delete(processId(process));
  }

  /** What to say of every JVM: of those that the agent selected or attached first, then of those that speak for themselves. */
  listing(): JvmListing {
    const newest = this.#newest();
    const ranked = (process: ProcessFacts, found: Found | null, report: () => JvmReport): RankedJvm => ({
      pid: process.pid,
      uid: process.uid,
      report,
      rank: this.#rankOf(process, found),
    });
    const all = [
      ...[...newest].map(([id, found]) => ranked(found.process, found, () => this.#reportOf(id, found))),
      ...this.#processes
        .filter((process) => !newest.has(processId(process)))
        .map((process) => ranked(process, null, () => this.#reportOfSilent(process))),
    ];
    return listingOf(all, this.#unread, this.isComplete);
  }

  #rankOf(process: ProcessFacts, found: Found | null): JvmRank {
    const id = processId(process);
    if (this.#failures.has(id) || (isSelected(this.#selectors, process) && !this.#detached.has(id)))
      return JVM_RANK.selected;
    if (found?.isBound || this.#spoke.has(id) || this.#naming.has(id)) return JVM_RANK.speaks;
    return found ? JVM_RANK.claimed : JVM_RANK.others;
  }

  /** Entries of the truststore written last that no JVM of a JDK says it can load; without selectors all that speak are asked. */
  unreadable(): UnreadableEntry[] {
    const { device, inode } = this.#history.last ?? {};
    const asked = [...this.#newest().values()].filter(
      ({ status, process, isBound }) =>
        isBound &&
        status.state !== 'UNSUPPORTED' &&
        (this.#selectors.length === 0 || isSelected(this.#selectors, process)),
    );
    if (asked.every(({ status }) => (status.unreadable ?? []).length === 0)) return [];
    const libraries = new Map(this.#processes.map((process) => [processId(process), process.library]));
    return unreadableEntries(
      asked.map(({ status: { file, unreadable = [] }, process }) => ({
        library: libraries.get(processId(process)) ?? null,
        isTrusted: this.#trustedUsers.has(process.uid),
        isCurrent: file !== null && file.device === device && file.inode === inode,
        unreadable,
      })),
    );
  }

  /** The latest status of every process; what is bound to it goes first. */
  #newest(): Map<string, Found> {
    const newest = new Map<string, Found>();
    for (const found of this.#files.values()) {
      const id = processId(found.process);
      const other = newest.get(id);
      if (!other || isLater(found, other)) newest.set(id, found);
    }
    return newest;
  }

  #reportOf(id: string, found: Found): JvmReport {
    const { status, process } = found;
    return {
      id,
      pid: process.pid,
      startedAt: process.startedAt,
      jdkVersion: status.jdk.version,
      mainClass: status.mainClass,
      via: status.via,
      alsoInBase: status.alsoInBase.slice(0, MAX_ALIASES),
      otherTrust: status.otherTrust.slice(0, MAX_OTHERS),
      partial: partialOf(status),
      olderConnections: status.olderConnections,
      maxEntries: status.maxEntries,
      lastError: status.lastError && plainText(status.lastError.message),
      ...this.#judge(found),
    };
  }

  /** LIVE is the JVM's word; whether it speaks of our truststore is ours to check. */
  #judge({ status, isBound, isJudged, saidAt }: Found): Pick<JvmReport, 'state' | 'reason' | 'at'> {
    if (!isBound) return { state: 'LOADED', reason: isJudged ? NOT_BOUND : NOT_JUDGED, at: null };
    const { state, reason, loaded, file } = status;
    const written = loaded && this.#history.bySha256(loaded.sha256);
    const at = written?.position ? { epoch: written.position.epoch, revision: written.position.revision } : null;
    if (state !== 'LIVE' && state !== 'LOADED') return { state, reason, at };
    if (!file || !this.#history.hasFile(file.device, file.inode))
      return { state: 'FAILED', reason: plainText(`OTHER_FILE: ${file?.path ?? 'none'}`), at: null };
    if (!written) return { state: 'LOADED', reason: 'UNKNOWN_TRUSTSTORE', at: null };
    if (state === 'LIVE' && performance.now() - saidAt > SILENT_MS)
      return { state: 'LOADED', reason: 'SILENT: its agent does not run', at };
    if (state === 'LIVE' && written.quarantined != null) return { state: 'LOADED', reason: written.quarantined, at };
    return { state, reason, at };
  }

  #reportOfSilent(process: JvmProcess): JvmReport {
    const detached = this.isDetached(process);
    const spoke = this.#spoke.has(processId(process));
    const selected = !detached && (spoke || isSelected(this.#selectors, process));
    // LOADED: it takes its status back when it ends, which may take a while.
    const unknown = spoke
      ? ({ state: 'LOADED', reason: 'STATUS_GONE' } as const)
      : ({ state: 'FAILED', reason: 'ATTACH_PENDING' } as const);
    const failure = this.#failures.get(processId(process)) ?? unknown;
    const silence = detached ? null : this.#naming.silenceOf(process);
    const { state, reason } = selected
      ? silence?.state === 'FAILED' && failure === unknown && !spoke
        ? silence
        : failure
      : (silence ?? { state: 'UNMANAGED', reason: detached ? 'DETACHED' : null });
    return {
      id: processId(process),
      pid: process.pid,
      startedAt: process.startedAt,
      jdkVersion: process.jdkVersion,
      mainClass: process.mainClass,
      via: null,
      state,
      reason: reason === null ? null : plainText(reason),
      at: null,
      alsoInBase: [],
      otherTrust: [],
      olderConnections: null,
      maxEntries: null,
      lastError: null,
      partial: [],
    };
  }

  /**
   * The processes that a file may be of: boot, pid in its own namespace, start ticks and user must all agree. Containers that
   * start at once may have several of them.
   */
  #processesOf(status: JvmStatus, ownerUid: number): ProcessFacts[] {
    if (status.bootId !== bootId()) return [];
    return [readProcess(status.pid), ...this.#processes].filter(
      (process): process is ProcessFacts =>
        process?.nsPid === status.pid && process.startTicks === status.startTicks && process.uid === ownerUid,
    );
  }

  /** When a process said what it stands by; a copy of it, or another time on its file, is nothing new. */
  #saidAt(process: ProcessFacts, { writtenAt }: JvmStatus, lock: StatusLock): number {
    const id = processId(process);
    const last = this.#spoke.get(id);
    if (last?.lock.position === lock.position && last.lock.size === lock.size) return last.saidAt;
    // Before the first of its words that this agent hears, it may have been silent for long.
    const saidAt = performance.now() - (last ? 0 : Math.max(0, Date.now() - writtenAt));
    this.#spoke.set(id, { lock, saidAt });
    return saidAt;
  }
}

/** Removes what stands for no process and is old. */
function removeOrphan(owned: Folder, { name, writtenAt }: DirectoryEntry): void {
  if (Date.now() - writtenAt <= ORPHAN_MS) return;
  try {
    removeFile(owned.at(name));
  } catch {
    // A directory, or gone.
  }
}

function partialOf({ alsoInBase, otherTrust, partial }: JvmStatus): PartialField[] {
  const cut: PartialField[] = [
    ...(alsoInBase.length > MAX_ALIASES ? (['alsoInBase'] as const) : []),
    ...(otherTrust.length > MAX_OTHERS ? (['otherTrust'] as const) : []),
  ];
  return [...new Set([...partial, ...cut])];
}
