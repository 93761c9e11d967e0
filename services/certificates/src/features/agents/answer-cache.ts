import { LRUCache } from 'lru-cache';

/** A message's JSON in two gzip members (RFC 1952, 2.2): the statement is signed when it is sent, the rest is cached. */
export interface Rest {
  readonly plain: Buffer;
  readonly gzip: Buffer;
}

const MiB = 1024 * 1024;
/** Two of the largest sets with their compressed form, and many of usual ones. */
const LIMITS = { wholeBytes: 128 * MiB, deltaBytes: 32 * MiB };

interface Cached {
  readonly head: string | null;
  readonly rest: Rest;
}

/**
 * Keeps answers that several agents ask for, of all environments, within a number of bytes. Which deltas are asked for
 * is an agent's choice, so they have a share of their own: whoever asks for many displaces no whole set.
 */
export class AnswerCache {
  readonly #whole: LRUCache<string, Cached>;
  readonly #deltas: LRUCache<string, Cached>;
  readonly #running = new Map<string, Promise<Rest>>();

  constructor({ wholeBytes, deltaBytes } = LIMITS) {
    const sizeCalculation = ({ rest: { plain, gzip } }: Cached, key: string) => plain.length + gzip.length + key.length;
    this.#whole = new LRUCache({ maxSize: wholeBytes, sizeCalculation });
    this.#deltas = new LRUCache({ maxSize: deltaBytes, maxEntrySize: deltaBytes / 4, sizeCalculation });
  }

  /** The answer of a set at its head; those who ask while it is made share it. @param after null: the whole set */
  async get(environment: string, head: string | null, after: string | null, make: () => Promise<Rest>): Promise<Rest> {
    const cache = after === null ? this.#whole : this.#deltas;
    const key = `${environment} ${after ?? ''}`;
    const cached = cache.get(key);
    if (cached?.head === head) return cached.rest;
    const run = `${key} ${head ?? ''}`;
    const running = this.#running.get(run);
    if (running) return running;
    const making = make();
    this.#running.set(run, making);
    try {
      const rest = await making;
      cache.set(key, { head, rest });
      return rest;
    } finally {
      this.#running.delete(run);
    }
  }
}
