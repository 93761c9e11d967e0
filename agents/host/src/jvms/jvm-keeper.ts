import { type FSWatcher, watch } from 'node:fs';
import type { Log } from '../log.js';
import type { Attacher } from './attacher.js';
import type { JvmRegistry } from './jvm-registry.js';

const SCAN_MS = 5_000;
/** Without inotify the files are looked at as often as the JVMs poll. */
const POLL_MS = 1_000;
/** Between two parts of a scan: everything else has its turn. */
const PAUSE_MS = 250;

/** Follows the JVMs of the host: their files by inotify, their processes by looking. */
export class JvmKeeper {
  readonly #directory: string;
  readonly #registry: JvmRegistry;
  readonly #attacher: Attacher | null;
  readonly #log: Log;
  readonly #changed: () => void;
  #scanned = '';
  #timer: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #watcher: FSWatcher | undefined;

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

  /** Watches the directory, also where it is another one than before. */
  watch(): boolean {
    this.#watcher?.close();
    try {
      this.#watcher = watch(this.#directory, (_event, name) => {
        if (name !== null && this.#registry.refreshFile(name)) this.#changed();
      });
      this.#watcher.on('error', (error) => this.#log.warn('jvms/ cannot be watched', { error }));
    } catch (error) {
      this.#log.warn('jvms/ cannot be watched; it is looked at every second', { error });
      return false;
    }
    return true;
  }

  stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#again);
    this.#watcher?.close();
  }

  scan(): void {
    try {
      this.#registry.refresh();
    } catch (error) {
      this.#log.error('JVMs cannot be looked for', { error });
    }
    const scanned = JSON.stringify([this.#registry.listing(), this.#registry.unreadable()]);
    if (scanned !== this.#scanned) {
      this.#scanned = scanned;
      this.#changed();
    }
    void this.#attacher?.attachAll();
    clearTimeout(this.#again);
    if (!this.#registry.isComplete) this.#again = setTimeout(() => this.scan(), PAUSE_MS);
  }
}
