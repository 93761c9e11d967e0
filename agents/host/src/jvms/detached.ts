import { closeSync, constants, existsSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../errors.js';
import { removeFile } from '../files/remove-file.js';

const PREFIX = 'detached-';

/**
 * Remembers by empty files of the state directory, one per process, which JVMs were detached by hand: the command line
 * writes them beside a running agent, as the agent's user or root.
 */
export class Detached {
  readonly #state: string;

  constructor(stateDirectory: string) {
    this.#state = stateDirectory;
  }

  has(id: string): boolean {
    return existsSync(join(this.#state, PREFIX + id));
  }

  add(id: string): void {
    // Root may write for another user, who could put a link in the directory's place.
    const folder = openSync(this.#state, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      closeSync(openSync(`/proc/self/fd/${folder}/${PREFIX}${id}`, flags, 0o600));
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    } finally {
      closeSync(folder);
    }
  }

  remove(id: string): void {
    removeFile(join(this.#state, PREFIX + id));
  }

  /** Forgets the processes that have ended. */
  keep(alive: ReadonlySet<string>): void {
    for (const name of readdirSync(this.#state))
      if (name.startsWith(PREFIX) && !alive.has(name.slice(PREFIX.length))) removeFile(join(this.#state, name));
  }
}
