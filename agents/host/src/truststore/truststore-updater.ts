import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Log } from '@trustcast/config';
import { countPkcs12Entries } from '@trustcast/keystore';
import { EMPTY_SET, type Entry, comparePositions, foldAlias } from '@trustcast/schema';
import { Backoff } from '../distribution/backoff.js';
import { type BaseError } from '../errors.js';
import type { UnreadableEntry } from '../jvms/trust/unreadable-entries.js';
import { notWritten } from '../state/not-written.js';
import type { Accepted } from '../state/state-store.js';
import type { AskedJdks } from './asked-jdks.js';
import type { BaseStore } from './base-store.js';
import { writePemBundle } from './pem-bundle.js';
import { HISTORY_NAME } from './file-history.js';
import { type Quarantine, quarantined } from './quarantine.js';
import type { Truststore } from './truststore.js';
import type { WrittenHistory } from './written-history.js';

const CHECK_MS = 15_000;
const SAVE_AFTER_MS = 100;
const DRIFT_REPORTED_MS = 5 * 60_000;

export interface TruststoreUpdaterParts {
  readonly path: string;
  /** Path of the PEM bundle; null where none is configured. */
  readonly pemBundle: string | null;
  readonly truststore: Truststore;
  readonly history: WrittenHistory;
  readonly base: BaseStore;
  readonly quarantine: Quarantine;
  readonly jdks: AskedJdks;
  readonly log: Log;
  /** Pids of the running JVMs that use the agent's directory. */
  readonly usedBy: () => readonly number[];
  /** Called when what is reported of the file has changed. */
  readonly changed: () => void;
}

/** Updates the truststore: writes accepted sets, retries, and restores the file where others have changed it. */
export class TruststoreUpdater {
  readonly #parts: TruststoreUpdaterParts;
  readonly #backoff = new Backoff(500, 30_000);
  #accepted: Accepted | null = null;
  /** False while the file holds entries that cannot be rebuilt: then it is left alone. */
  #owned = false;
  #isHeldBack = false;
  #problem: string | null = null;
  #pemProblem: string | null = null;
  #driftUntil = 0;
  #retryTimer: NodeJS.Timeout | undefined;
  #saveTimer: NodeJS.Timeout | undefined;
  #checkTimer: NodeJS.Timeout | undefined;
  #watcher: FSWatcher | undefined;

  constructor(parts: TruststoreUpdaterParts) {
    this.#parts = parts;
  }

  /** True while nothing is written because running JVMs use entries that the first set must not take from them. */
  get isHeldBack(): boolean {
    return this.#isHeldBack;
  }

  /** Reason why the file does not hold the accepted set; null where it does. */
  get problem(): string | null {
    return this.#problem;
  }
  /** A notice for the operator although the file is right. */
  get notice(): string | null {
    if (Date.now() < this.#driftUntil) return 'DRIFT_RESTORED';
    const { problem } = this.#parts.base;
    return problem ? whatOfBase(problem) : this.#pemProblem;
  }

  /**
   * Writes the file from state and base, before anything connects. A file that is ahead of the state, or whose state is lost,
   * stays unchanged.
   */
  rebuild(accepted: Accepted | null): void {
    this.#tellOfBase();
    const last = this.#parts.history.last?.position ?? null;
    const behind = last !== null && (!accepted || comparePositions(accepted.statement, last) < 0);
    const foreign = !accepted && this.#parts.history.last === null;
    if ((behind || foreign) && this.isReadable()) {
      this.#parts.log.warn('the state is older than the truststore; keeping the truststore until the set is fetched');
      return;
    }
    // A reinstalled host: its JVMs have loaded more than base and marker.
    const users = foreign ? this.#parts.usedBy() : [];
    if (users.length > 0) {
      this.#isHeldBack = true;
      this.#parts.log.warn('running JVMs use this directory; waiting for the first set before writing a truststore', {
        users,
      });
      return;
    }
    this.write(accepted);
  }

  /** Forgets the set of another environment: the file stays unchanged until the set of this one arrives. */
  forget(): void {
    clearTimeout(this.#retryTimer);
    this.#accepted = null;
    this.#owned = false;
  }

  /** Writes the accepted set, with retries. @returns milliseconds per stage */
  write(accepted: Accepted | null): Readonly<Record<string, number>> {
    this.#accepted = accepted;
    this.#owned = true;
    this.#isHeldBack = false;
    clearTimeout(this.#retryTimer);
    try {
      const { timings } = this.#parts.truststore.write({
        position: accepted && { epoch: accepted.statement.epoch, revision: accepted.statement.revision },
        ...this.#parts.quarantine.admit(accepted?.set ?? EMPTY_SET, this.#parts.base.entries),
      });
      this.#problem = null;
      this.#backoff.reset();
      this.#saveTimer ??= setTimeout(() => this.#saveHistory(), SAVE_AFTER_MS);
      setImmediate(() => this.#writePemBundle());
      return timings;
    } catch (error) {
      this.#problem = notWritten('TRUSTSTORE', error);
      this.#parts.log.error('the truststore cannot be written; keeping the previous one', { error });
      this.#retryTimer = setTimeout(() => this.#writeAgain(), this.#backoff.nextMs());
      return {};
    }
  }

  /** Quarantines entries that a JDK cannot load, with which all others would be lost. */
  async quarantine(unreadable: readonly UnreadableEntry[]): Promise<void> {
    const known: readonly Entry[] = [...(this.#accepted?.set.values() ?? []), ...this.#parts.base.entries];
    const claims = unreadable.flatMap(({ alias, library, isTrusted }) => {
      const entry = known.find((one) => foldAlias(one.alias) === foldAlias(alias));
      return entry ? [{ entry, library, isTrusted }] : [];
    });
    const proven = await this.#parts.jdks.unloadable(claims);
    if (!this.#owned) return;
    if (this.#parts.quarantine.add(proven.map(({ entry, jdk }) => quarantined(entry, jdk)))) this.#writeAgain();
  }

  /** Starts to watch the file. */
  start(): void {
    this.#checkTimer = setInterval(() => this.check(), CHECK_MS);
    this.watch();
  }

  /** Watches the directory, also after it was replaced. */
  watch(): void {
    this.#watcher?.close();
    const name = basename(this.#parts.path);
    try {
      this.#watcher = watch(dirname(this.#parts.path), (_event, changed) => {
        if (changed === name || changed === HISTORY_NAME || changed === null) this.check();
      });
      this.#watcher.on('error', (error) => this.#parts.log.warn('the directory cannot be watched', { error }));
    } catch (error) {
      this.#parts.log.warn('the directory cannot be watched; polling it every 15 s', { error });
    }
  }

  stop(): void {
    clearInterval(this.#checkTimer);
    clearTimeout(this.#retryTimer);
    this.#watcher?.close();
    if (this.#saveTimer) this.#saveHistory();
  }

  /** Restores a modified file, and applies changes of the base and of the quarantine. */
  check(): void {
    if (!this.#owned || this.#problem !== null) return;
    this.#restoreHistory();
    const baseChanged = this.#refreshBase();
    if (this.#pemProblem !== null) this.#writePemBundle();
    const lifted = this.#parts.quarantine.refresh();
    const intact = this.#isIntact();
    if (intact && !baseChanged && !lifted) return;
    if (!intact) {
      this.#driftUntil = Date.now() + DRIFT_REPORTED_MS;
      this.#parts.log.warn('the truststore was modified by another program; restoring it');
    }
    this.#writeAgain();
  }

  #restoreHistory(): void {
    try {
      this.#parts.truststore.restoreHistory();
    } catch (error) {
      this.#parts.log.warn('the history of the truststore cannot be written', { error });
    }
  }

  #writePemBundle(): void {
    const { pemBundle, base, log } = this.#parts;
    if (pemBundle === null) return;
    try {
      writePemBundle(pemBundle, this.#accepted?.set ?? EMPTY_SET, base.entries);
      this.#pemProblem = null;
    } catch (error) {
      this.#pemProblem = notWritten('PEM_BUNDLE', error);
      log.error('the PEM bundle cannot be written; keeping the previous one', { error });
    }
  }

  #writeAgain(): void {
    this.write(this.#accepted);
    this.#parts.changed();
  }

  #refreshBase(): boolean {
    const before = this.#parts.base.problem?.code;
    const changed = this.#parts.base.refresh();
    if (this.#parts.base.problem?.code !== before) this.#tellOfBase();
    return changed;
  }

  #tellOfBase(): void {
    const { problem } = this.#parts.base;
    if (problem) this.#parts.log.error('the base is not as it is configured', { reason: whatOfBase(problem) });
  }

  #isIntact(): boolean {
    try {
      return this.#parts.truststore.isIntact();
    } catch {
      return false;
    }
  }

  /** True when the file on disk is a truststore. */
  isReadable(): boolean {
    try {
      return countPkcs12Entries(readFileSync(this.#parts.path)) > 0;
    } catch {
      return false;
    }
  }

  #saveHistory(): void {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = undefined;
    try {
      this.#parts.history.save();
    } catch (error) {
      this.#parts.log.warn('history cannot be written', { error });
    }
  }
}

/** Describes a problem of the base, with what is used instead and what to do. */
function whatOfBase({ code, message }: BaseError): string {
  return `${code}: ${message}${code === 'BASE_NOT_KEPT' ? '' : '; the last good copy of the base is used: correct TRUSTCAST_BASE'}`;
}
