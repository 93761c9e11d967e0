import { once } from 'node:events';
import { type FSWatcher, rmSync, watch, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Counts what happens to a file from now on: renames over it, writes and changes of its attributes. */
export class Writes {
  readonly #watcher: FSWatcher;
  readonly #sentinel: string;
  #seen = 0;

  constructor(path: string) {
    this.#sentinel = join(dirname(path), '.sentinel');
    this.#watcher = watch(dirname(path));
    this.#watcher.on('change', (_, name) => {
      if (name === basename(path)) this.#seen += 1;
    });
  }

  /** The kernel keeps the order of events: those before the one of the sentinel have been counted. */
  async sinceThen(): Promise<number> {
    writeFileSync(this.#sentinel, '');
    for (let name: unknown; name !== basename(this.#sentinel);)
      [, name] = (await once(this.#watcher, 'change')) as unknown[];
    rmSync(this.#sentinel);
    return this.#seen;
  }

  stop(): void {
    this.#watcher.close();
  }
}
