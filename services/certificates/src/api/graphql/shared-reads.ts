import { setTimeout as delay } from 'node:timers/promises';

/** A read is followed by a pause of this many times its duration, so that constant requests use a third of a connection. */
const REST = 2;
const MAX_REST_MS = 500;

/**
 * One read at a time for everybody: keys that are asked for while one runs, or rests, share the next. An answer is never
 * older than its question, and many who ask, or ask again and again, cost as much as one who asks now and then.
 */
export class SharedReads<Value> {
  readonly #read: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>;
  /** Ends with the rest after the read. */
  #running: Promise<void> = Promise.resolve();
  #next: { readonly keys: Set<string>; readonly answer: Promise<ReadonlyMap<string, Value>> } | undefined;

  /** @param read answers those of the keys that there are */
  constructor(read: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>) {
    this.#read = read;
  }

  async load(key: string): Promise<Value | undefined> {
    this.#next ??= this.#start();
    this.#next.keys.add(key);
    return (await this.#next.answer).get(key);
  }

  #start() {
    const keys = new Set<string>();
    const answer = (async () => {
      await this.#running;
      // Requests of this turn of the event loop share the read.
      await new Promise(setImmediate);
      this.#next = undefined;
      const startedAt = performance.now();
      const read = this.#read([...keys]);
      const rest = () => delay(Math.min(REST * (performance.now() - startedAt), MAX_REST_MS));
      this.#running = read.then(rest, rest);
      return read;
    })();
    return { keys, answer };
  }
}
