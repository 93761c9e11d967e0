import type { Log } from '@trustcast/config';
import type { JvmReport } from '@trustcast/schema';
import type { Config } from '../config.js';
import { withoutPauses } from '../pauses.js';
import type { AgentDirectory } from '../state/agent-directory.js';
import type { WrittenHistory } from '../truststore/written-history.js';
import { DETACHED, type Detached } from './attach/detached.js';
import { type Selector, isSelected } from './attach/selector.js';
import { JVM_RANK, type JvmListing, type JvmRank, type RankedJvm, listingOf } from './jvm-listing.js';
import { reportOf, reportOfSilent } from './jvm-reports.js';
import { type JvmProcess, JvmScanner } from './processes/jvm-scanner.js';
import type { ProcessFacts } from './processes/process-facts.js';
import { processId } from './processes/process-id.js';
import type { Watchdog } from './processes/watchdog.js';
import { SilentJvms } from './silence/silent-jvms.js';
import type { Found } from './statuses/found-status.js';
import { StatusFiles } from './statuses/status-files.js';
import { trustedUsers } from './trust/trusted-users.js';
import { type UnreadableEntry, unreadableEntries } from './trust/unreadable-entries.js';

/** Why a selected JVM is not connected. */
export interface AttachFailure {
  readonly state: 'FAILED' | 'UNSUPPORTED';
  readonly reason: string;
}

/** The JVMs of this host: processes from /proc, and reports from the status files. */
export class JvmRegistry {
  readonly #history: WrittenHistory;
  readonly #selectors: readonly Selector[];
  readonly #trustedUsers: ReadonlySet<number>;
  readonly #detached: Detached;
  readonly #scanner: JvmScanner;
  readonly #watchdog: Watchdog | null;
  readonly #statuses: StatusFiles;
  readonly #silent: SilentJvms;
  readonly #failures = new Map<string, AttachFailure>();
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
    this.#silent = new SilentJvms(directory, config.jvmAgentJar, watchdog);
    this.#history = history;
    this.#selectors = config.attach;
    this.#trustedUsers = trustedUsers(config);
    this.#detached = detached;
    const processes = (): readonly JvmProcess[] => this.#processes;
    const favoured = (): ReadonlySet<number> => this.#favoured();
    this.#statuses = new StatusFiles(
      { directory: directory.jvms, log, watchdog, processes, favoured },
      this.#trustedUsers,
    );
  }

  /** False when the last {@link refresh} has left processes for the next one. */
  get isComplete(): boolean {
    return this.#scanner.isComplete && this.#silent.isComplete;
  }

  /** True where the last read has left files for the next one, which keep the host from LIVE. */
  get hasUnreadFiles(): boolean {
    return this.#statuses.unread.number > 0;
  }

  /** Scans all processes and files; only the agent itself removes files of ended processes. */
  refresh({ removeOrphans = true } = {}): void {
    this.refreshProcesses();
    withoutPauses(this.refreshFiles({ removeOrphans }));
  }

  /** The first half of {@link refresh}; other work may be done before the second. */
  refreshProcesses(): void {
    this.#processes = this.#scanner.scan();
  }

  /** The second half of {@link refresh}, with pauses: the directory may have any number of entries. */
  *refreshFiles({ removeOrphans = true } = {}): Generator<void, void> {
    yield* this.#statuses.refresh({ removeOrphans });
    const speaking = new Set(this.#statuses.found.map(({ process }) => processId(process)));
    this.#silent.look(this.#processes, (process) => !speaking.has(processId(process)));
    const alive = new Set(this.#processes.map(processId));
    this.#statuses.keep(alive);
    for (const id of this.#failures.keys()) if (!alive.has(id)) this.#failures.delete(id);
    if (removeOrphans) {
      // Also of processes that were not scanned yet, or that hang every scan.
      const running = (): Set<string> => this.#scanner.runningIds();
      this.#detached.keep(running);
      this.#watchdog?.keep(running);
    }
  }

  /** Reads one file of the directory again; true when that may have changed a report. */
  refreshFile(name: string): boolean {
    return this.#statuses.refreshFile(name);
  }

  /** Users whose files are read first. */
  #favoured(): ReadonlySet<number> {
    const selected = this.#processes.filter((process) => isSelected(this.#selectors, process));
    return new Set([...this.#trustedUsers, ...selected.map(({ uid }) => uid)]);
  }

  /** Selected JVMs that have no status file of their own. */
  unconnected(): JvmProcess[] {
    const connected = new Set(
      this.#statuses.found
        // One whose file system has no locks was attached once.
        .filter(({ isBound, process }) => isBound || this.#wasTried(processId(process)))
        .map(({ process }) => processId(process)),
    );
    return this.#processes.filter(
      (process) => isSelected(this.#selectors, process) && !connected.has(processId(process)),
    );
  }

  /** True where the JVM was detached by hand, perhaps a moment ago. */
  isDetached(process: ProcessFacts): boolean {
    return this.#detached.has(processId(process));
  }

  /** Notes that a JVM was attached; its first report may be late. */
  noteAttached(process: JvmProcess): void {
    this.#failures.delete(processId(process));
    this.#silent.noteAttached(process);
  }

  /** Notes why a JVM was not attached. */
  noteFailure(process: ProcessFacts, failure: AttachFailure): void {
    this.#failures.set(processId(process), failure);
  }

  #wasTried(id: string): boolean {
    return this.#failures.has(id) || this.#silent.isAttached(id);
  }

  /** Lists every JVM: those that are selected or attached first, then those that report. */
  listing(): JvmListing {
    const newest = this.#statuses.newest();
    const ranked = (process: ProcessFacts, found: Found | null, report: () => JvmReport): RankedJvm => ({
      pid: process.pid,
      uid: process.uid,
      report,
      rank: this.#rankOf(process, found),
    });
    const all = [
      ...[...newest].map(([id, found]) => ranked(found.process, found, () => reportOf(id, found, this.#history))),
      ...this.#processes
        .filter((process) => !newest.has(processId(process)))
        .map((process) => ranked(process, null, () => reportOfSilent(process, this.#silenceOf(process)))),
    ];
    return listingOf(all, { unread: this.#statuses.unread, hung: this.#scanner.hung, isScanned: this.isComplete });
  }

  #rankOf(process: ProcessFacts, found: Found | null): JvmRank {
    const id = processId(process);
    if (this.#wasTried(id) || (isSelected(this.#selectors, process) && !this.#detached.has(id)))
      return JVM_RANK.selected;
    if (found?.isBound || this.#statuses.hasSpoken(id) || this.#silent.names(id)) return JVM_RANK.speaks;
    return found ? JVM_RANK.claimed : JVM_RANK.others;
  }

  /** Entries of the latest truststore that no JVM of some JDK can load; without selectors all reporting JVMs count. */
  unreadable(): UnreadableEntry[] {
    const { device, inode } = this.#history.last ?? {};
    const asked = [...this.#statuses.newest().values()].filter(
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

  /** State and reason of a JVM that has no status: one that nobody selected and nothing names is as its operator wants it. */
  #silenceOf(process: JvmProcess): Pick<JvmReport, 'state' | 'reason'> {
    const id = processId(process);
    if (this.#detached.has(id)) return { state: 'UNMANAGED', reason: DETACHED };
    const failure = this.#failures.get(id);
    // A JVM removes its status when it ends, which may take a while.
    if (this.#statuses.hasSpoken(id)) return failure ?? { state: 'LOADED', reason: 'STATUS_GONE' };
    const silence = this.#silent.silenceOf(process);
    if (this.#silent.isAttached(id) && !failure && silence) return silence;
    if (!isSelected(this.#selectors, process)) return silence ?? { state: 'UNMANAGED', reason: null };
    if (failure) return failure;
    return silence?.state === 'FAILED' ? silence : { state: 'FAILED', reason: 'ATTACH_PENDING' };
  }
}
