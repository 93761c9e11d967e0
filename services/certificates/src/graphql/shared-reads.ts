/**
 * One read at a time for everybody: keys that are asked for while one runs share the next. An answer is never older than
 * its question, and many who ask cost as much as one.
 */
export class SharedReads<Value> {
  readonly #read: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>;
  #running: Promise<unknown> = Promise.resolve();
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
      await this.#running.catch(() => undefined);
      // Those who ask in this turn of the event loop come along.
      await new Promise(setImmediate);
      this.#next = undefined;
      const read = this.#read([...keys]);
      this.#running = read;
      return read;
    })();
    return { keys, answer };
  }
}
