import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '@trustcast/config';
import { createFile } from '../files/create-file.js';
import { type OwnedOptions, inOwned } from '../files/owned-folder.js';
import { removeOwn } from '../files/remove-file.js';

/**
 * Stores decisions of the command line or of another thread as empty files of the state directory, one per id. The command line
 * writes them beside a running agent, as the agent's user or root.
 */
export class HandMarks {
  readonly #state: string;
  readonly #prefix: string;

  constructor(stateDirectory: string, prefix: string) {
    this.#state = stateDirectory;
    this.#prefix = prefix;
  }

  has(id: string): boolean {
    return existsSync(this.#pathOf(id));
  }

  ids(): Set<string> {
    const names = readdirSync(this.#state).filter((name) => name.startsWith(this.#prefix));
    return new Set(names.map((name) => name.slice(this.#prefix.length)));
  }

  /** @throws DirectoryError, or the failed system call's error */
  add(id: string): void {
    try {
      inOwned(this.#pathOf(id), (folder, name) => createFile(folder.at(name)), this.#owned());
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
  }

  /** @throws DirectoryError, or the failed system call's error */
  remove(id: string): void {
    removeOwn(this.#pathOf(id), this.#owned());
  }

  /** Removes all other marks; asks for the remaining ids only where there is any mark. */
  keep(remaining: () => ReadonlySet<string>): void {
    const marked = this.ids();
    if (marked.size === 0) return;
    const ids = remaining();
    for (const id of marked) if (!ids.has(id)) this.remove(id);
  }

  #pathOf(id: string): string {
    return join(this.#state, this.#prefix + id);
  }

  /** Root may write for the agent's user, who owns the directory then. */
  #owned(): OwnedOptions {
    return process.geteuid?.() === 0 ? { owner: lstatSync(this.#state).uid } : {};
  }
}
