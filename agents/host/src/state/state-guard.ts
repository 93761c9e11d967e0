import { type FSWatcher, lstatSync, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { type Log, isErrno } from '@trustcast/config';
import { createFile } from '../files/create-file.js';
import { inOwned } from '../files/owned-folder.js';
import { HUNG_PREFIX } from '../jvms/processes/watchdog.js';
import { KEY_NAME } from './agent-key.js';
import { type AgentDirectory, prepareDirectory } from './agent-directory.js';
import { notWritten } from './not-written.js';

const CHECK_MS = 5_000;
const SETTLED_MS = 1_000;
/** Prefixes of empty files whose names are the information. */
const MARKS = ['detached-', 'lifted-', HUNG_PREFIX];

/** A file that the agent can write again from memory. */
export interface RestorableFile {
  readonly name: string;
  /** False where it is missing although it should exist, or where it is not the agent's file. */
  readonly isThere: () => boolean;
  readonly write: () => void;
}

/**
 * Restores files that somebody removed from the directory while the agent runs: without its key and its set, a restarted host
 * would be unknown to the service.
 */
export class StateGuard {
  readonly #directory: AgentDirectory;
  readonly #files: readonly RestorableFile[];
  readonly #log: Log;
  /** Called when directories were replaced, so that watchers must be set again. */
  readonly #made: () => void;
  #marks: readonly string[] = [];
  #problem: string | null = null;
  #timer: NodeJS.Timeout | undefined;
  #event: NodeJS.Timeout | undefined;
  #watcher: FSWatcher | undefined;

  constructor(directory: AgentDirectory, files: readonly RestorableFile[], log: Log, made: () => void) {
    this.#directory = directory;
    this.#files = files;
    this.#log = log;
    this.#made = made;
  }

  /** Reason why a missing file cannot be written; null where none is missing. */
  get problem(): string | null {
    return this.#problem;
  }

  start(): void {
    this.#timer = setInterval(() => this.check(), CHECK_MS);
    this.#watch();
  }

  stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#event);
    this.#watcher?.close();
  }

  /** Checks the files and writes missing ones. */
  check(): void {
    try {
      const { path, state, jvms } = this.#directory;
      const isWhole = [path, state, jvms].every(isFolder);
      if (!isWhole) {
        prepareDirectory(path);
        this.#watch();
        this.#made();
      }
      const missing = this.#files.filter(({ isThere }) => !isThere());
      for (const { write } of missing) write();
      const names = readdirSync(state).filter((name) => MARKS.some((mark) => name.startsWith(mark)));
      // Nobody removes all of the state to lift a mark.
      const lost = missing.some(({ name }) => name === KEY_NAME)
        ? this.#marks.filter((name) => !names.includes(name))
        : [];
      for (const mark of lost) inOwned(join(state, mark), (folder, name) => createFile(folder.at(name)));
      this.#marks = [...names, ...lost];
      if (missing.length > 0 || !isWhole)
        this.#log.warn('files were removed from the agent directory; restored them', {
          files: missing.map(({ name }) => name),
        });
      this.#problem = null;
    } catch (error) {
      const problem = notWritten('STATE', error);
      if (problem !== this.#problem) this.#log.error('missing files in state/ cannot be restored', { error });
      this.#problem = problem;
    }
  }

  /** Waits until a removal of the whole directory has ended. */
  #soon(): void {
    this.#event ??= setTimeout(() => {
      this.#event = undefined;
      this.check();
    }, SETTLED_MS);
  }

  #watch(): void {
    this.#watcher?.close();
    try {
      this.#watcher = watch(this.#directory.path, (_event, name) => {
        if (name === null || name === 'state' || name === 'jvms') this.#soon();
      });
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // It is looked at every 5 s.
    }
  }
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** True for any entry: one that is no regular file is not overwritten. */
export function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
