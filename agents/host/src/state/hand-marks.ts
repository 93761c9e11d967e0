import { closeSync, constants, existsSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../errors.js';
import { removeFile } from '../files/remove-file.js';

/**
 * Remembers by empty files of the state directory, one per id, what was decided by hand: the command line writes them beside
 * a running agent, as the agent's user or root.
 */
export class HandMarks {
  readonly #state: string;
  readonly #prefix: string;

  constructor(stateDirectory: string, prefix: string) {
    this.#state = stateDirectory;
    this.#prefix = prefix;
  }

  has(id: string): boolean {
    return existsSync(join(this.#state, this.#prefix + id));
  }

  add(id: string): void {
    // Root may write for another user, who could put a link in the directory's place.
    const folder = openSync(this.#state, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      closeSync(openSync(`/proc/self/fd/${folder}/${this.#prefix}${id}`, flags, 0o600));
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    } finally {
      closeSync(folder);
    }
  }

  remove(id: string): void {
    removeFile(join(this.#state, this.#prefix + id));
  }

  /** Forgets all others. */
  keep(ids: ReadonlySet<string>): void {
    for (const name of readdirSync(this.#state))
      if (name.startsWith(this.#prefix) && !ids.has(name.slice(this.#prefix.length)))
        removeFile(join(this.#state, name));
  }
}
