/** What may be begun in one turn of the event loop before others have theirs. */
const TURN_MS = 5;

/**
 * Lets work begin as long as the turn of the event loop has not taken long, and after that one piece a turn, the callers
 * by turns: whoever sends much at once waits for himself, and `/healthz` for one piece of it.
 */
export class Turns {
  readonly #waiting = new Map<object, (() => void)[]>();
  #startedAt: number | undefined;

  /** Resolves when work may begin. @param caller whose work it is, such as his connection */
  async take(caller: object): Promise<void> {
    const now = performance.now();
    if (this.#startedAt === undefined) {
      this.#startedAt = now;
      setImmediate(this.#next);
    }
    if (this.#waiting.size === 0 && now - this.#startedAt < TURN_MS) return;
    await new Promise<void>((resolve) => {
      const own = this.#waiting.get(caller);
      if (own) own.push(resolve);
      else this.#waiting.set(caller, [resolve]);
    });
  }

  readonly #next = (): void => {
    const [first] = this.#waiting;
    if (!first) {
      this.#startedAt = undefined;
      return;
    }
    const [caller, own] = first;
    const begin = own.shift();
    // The next one is another caller's.
    this.#waiting.delete(caller);
    if (own.length > 0) this.#waiting.set(caller, own);
    this.#startedAt = performance.now();
    setImmediate(this.#next);
    begin?.();
  };
}
