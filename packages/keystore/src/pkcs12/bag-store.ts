import { bagLength, putBag } from './pkcs12-bag.js';
import type { TruststoreEntry } from '../truststore-entry.js';

const SLAB_BYTES = 256 * 1024;
/** As many buffers as Linux takes in one write (IOV_MAX). */
const MOST_RUNS = 1_024;

/** Where the SafeBag of an entry stands. */
interface Bag {
  readonly slab: Buffer;
  readonly start: number;
  readonly end: number;
}

/**
 * SafeBags, encoded once for as long as somebody holds their entry. They stand side by side in slabs, so that a file of
 * thousands of entries is written in a few pieces and without a copy of them.
 */
export class BagStore {
  #bags = new WeakMap<TruststoreEntry, Bag>();
  #slab = Buffer.alloc(0);
  #used = 0;

  /** The SafeBags of the entries in their order, in as few pieces as they stand in. */
  runs(entries: readonly TruststoreEntry[]): Buffer[] {
    const runs = this.#collect(entries);
    if (!isScattered(runs, entries.length)) return runs;
    this.#bags = new WeakMap();
    this.#slab = Buffer.alloc(0);
    this.#used = 0;
    return this.#collect(entries);
  }

  #collect(entries: readonly TruststoreEntry[]): Buffer[] {
    const runs: Buffer[] = [];
    let { slab, start, end }: Bag = { slab: this.#slab, start: 0, end: 0 };
    for (const entry of entries) {
      const bag = this.#bags.get(entry) ?? this.#encode(entry);
      if (bag.slab !== slab || bag.start !== end) {
        if (end > start) runs.push(slab.subarray(start, end));
        ({ slab, start } = bag);
      }
      ({ end } = bag);
    }
    if (end > start) runs.push(slab.subarray(start, end));
    return runs;
  }

  #encode(entry: TruststoreEntry): Bag {
    const length = bagLength(entry);
    if (this.#used + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, length));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used = putBag(this.#slab, start, entry);
    const bag = { slab: this.#slab, start, end: this.#used };
    this.#bags.set(entry, bag);
    return bag;
  }
}

/** After many changes: too many pieces for one write or for so few entries, or slabs that are kept for a few bags of theirs. */
function isScattered(runs: readonly Buffer[], entries: number): boolean {
  const length = runs.reduce((sum, run) => sum + run.length, 0);
  const slabs = new Set(runs.map((run) => run.buffer));
  const held = [...slabs].reduce((sum, slab) => sum + slab.byteLength, 0);
  const most = Math.min(MOST_RUNS, 16 + entries / 4) + length / SLAB_BYTES;
  return runs.length > most || held > 2 * (length + SLAB_BYTES);
}
