import { type FSWatcher, watch } from 'node:fs';
import type { Log } from '@trustcast/config';
import type { Attacher } from './attach/attacher.js';
import type { JvmRegistry } from './jvm-registry.js';

const SCAN_MS = 5_000;
/** Poll interval without inotify, which is that of the JVMs. */
const POLL_MS = 1_000;
/** Pause between two parts of a scan, for everything else. */
const PAUSE_MS = 250;
/** Pause between two reads while files are left: they keep the host from LIVE, and a read may take a tenth of a second. */
const UNREAD_MS = 1_000;
const SLICE_MS = 10;
/** Further names wait for the next scan. */
const MAX_NAMES = 10_000;

/** Monitors the JVMs of the host: their status files by inotify, their processes by scans. */
export class JvmMonitor {
  readonly #directory: string;
  readonly #registry: JvmRegistry;
  readonly #attacher: Attacher | null;
  readonly #log: Log;
  readonly #changed: () => void;
  #scanned = '';
  #timer: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #watcher: FSWatcher | undefined;
  /** Changed files that were not read yet. */
  readonly #names = new Set<string>();
  #slice: NodeJS.Immediate | undefined;
  #files: NodeJS.Immediate | undefined;
  /** A read of all files that is under way. */
  #reading: Generator<void, void> | undefined;

  constructor(directory: string, registry: JvmRegistry, attacher: Attacher | null, log: Log, changed: () => void) {
    this.#directory = directory;
    this.#registry = registry;
    this.#attacher = attacher;
    this.#log = log;
    this.#changed = changed;
  }

  start(): void {
    const intervalMs = this.watch() ? SCAN_MS : POLL_MS;
    this.scan();
    this.#timer = setInterval(() => this.scan(), intervalMs);
  }

  /** Watches the directory, also after it was replaced. */
  watch(): boolean {
    this.#watcher?.close();
    try {
      this.#watcher = watch(this.#directory, (_event, name) => {
        if (name !== null && this.#names.size < MAX_NAMES) this.#names.add(name);
        this.#slice ??= setImmediate(() => this.#readSome());
      });
      this.#watcher.on('error', (error) => this.#log.warn('jvms/ cannot be watched', { error }));
    } catch (error) {
      this.#log.warn('jvms/ cannot be watched; polling it every second', { error });
      return false;
    }
    return true;
  }

  stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#again);
    clearImmediate(this.#files);
    clearImmediate(this.#slice);
    this.#reading?.return();
    this.#watcher?.close();
  }

  /** Reads changed files in slices, so that changes of the set are not delayed however many files are written. */
  #readSome(): void {
    this.#slice = undefined;
    const until = performance.now() + SLICE_MS;
    let isNews = false;
    for (const name of this.#names) {
      this.#names.delete(name);
      isNews = this.#registry.refreshFile(name) || isNews;
      if (performance.now() > until) break;
    }
    if (isNews) this.#changed();
    if (this.#names.size > 0) this.#slice = setImmediate(() => this.#readSome());
  }

  scan(): void {
    this.#look(() => this.#registry.refreshProcesses());
    this.#files ??= setImmediate(() => this.#scanFiles());
  }

  #look<Result>(work: () => Result): Result | null {
    try {
      return work();
    } catch (error) {
      this.#log.error('the JVMs of this host cannot be listed', { error });
      return null;
    }
  }

  #scanFiles(): void {
    clearImmediate(this.#files);
    this.#files = undefined;
    const reading = (this.#reading ??= this.#registry.refreshFiles());
    if (this.#look(() => reading.next().done) === false) {
      this.#files = setImmediate(() => this.#scanFiles());
      return;
    }
    this.#reading = undefined;
    const scanned = JSON.stringify([this.#registry.listing(), this.#registry.unreadable()]);
    if (scanned !== this.#scanned) {
      this.#scanned = scanned;
      this.#changed();
    }
    void this.#attacher?.attachAll();
    clearTimeout(this.#again);
    if (!this.#registry.isComplete) this.#again = setTimeout(() => this.scan(), PAUSE_MS);
    else if (this.#registry.hasUnreadFiles) this.#again = setTimeout(() => this.#scanFiles(), UNREAD_MS);
  }
}
