import { UnreadError } from './reader-pool.js';

const MOST_MS = 60_000;

interface Group {
  last: Promise<unknown>;
  spentMs: number;
}

/** Files of one request wait for one another: however many they are, one of them has a place among those of others. */
export class FilesInTurn {
  readonly #now: () => number;
  #current: Group | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @throws UnreadError once the files of a request have taken long enough */
  read<Value>(reading: () => Promise<Value>): Promise<Value> {
    const group = this.#groupOfNow();
    const next = group.last.then(() => this.#spend(group, reading));
    group.last = next.catch(() => undefined);
    return next;
  }

  async #spend<Value>(group: Group, reading: () => Promise<Value>): Promise<Value> {
    if (group.spentMs >= MOST_MS)
      throw new UnreadError(`reading the files of one request takes more than ${MOST_MS / 1000} s: send it in parts`);
    const begin = this.#now();
    try {
      return await reading();
    } finally {
      group.spentMs += this.#now() - begin;
    }
  }

  /** What is asked for in one turn of the event loop is one request's. */
  #groupOfNow(): Group {
    if (this.#current) return this.#current;
    const group: Group = { last: Promise.resolve(), spentMs: 0 };
    this.#current = group;
    setImmediate(() => (this.#current = undefined));
    return group;
  }
}
