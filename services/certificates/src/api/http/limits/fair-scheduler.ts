/** What may be begun in one turn of the event loop before others have theirs. */
const TURN_MS = 5;

/**
 * Lets work begin one piece after the other, as long as the turn of the event loop has not taken long, and after that one
 * piece a turn, the callers by turns: whoever sends much at once waits for himself, and `/healthz` for one piece of it.
 */
export class FairScheduler {
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #now: () => number;
  /** undefined: nothing was begun in this turn. */
  #startedAt: number | undefined;
  #begins = false;

  /** @param now milliseconds of a clock that does not jump */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Resolves when work may begin. @param caller whose work it is, on whatever connections, as the audit names him */
  take(caller: string): Promise<void> {
    if (this.#startedAt === undefined) {
      this.#startedAt = this.#now();
      setImmediate(this.#nextTurn);
    }
    if (this.#waiting.size === 0 && this.#mayBegin()) {
      this.#note();
      return Promise.resolve();
    }
    return new Promise<void>((resolve) => {
      const own = this.#waiting.get(caller);
      if (own) own.push(resolve);
      else this.#waiting.set(caller, [resolve]);
      this.#begin();
    });
  }

  #mayBegin(): boolean {
    return !this.#begins && this.#now() - (this.#startedAt ?? 0) < TURN_MS;
  }

  #begin(): void {
    const [first] = this.#waiting;
    if (!first || !this.#mayBegin()) return;
    const [caller, own] = first;
    const begin = own.shift();
    // The next one is another caller's.
    this.#waiting.delete(caller);
    if (own.length > 0) this.#waiting.set(caller, own);
    this.#note();
    begin?.();
  }

  /** A piece begins: the next one may when it waits for something, or is done. */
  #note(): void {
    this.#begins = true;
    // A tick that a microtask asks for comes after all microtasks.
    queueMicrotask(() => process.nextTick(this.#hasBegun));
  }

  readonly #hasBegun = (): void => {
    this.#begins = false;
    this.#begin();
  };

  readonly #nextTurn = (): void => {
    if (this.#waiting.size === 0) {
      this.#startedAt = undefined;
      return;
    }
    this.#startedAt = this.#now();
    setImmediate(this.#nextTurn);
    this.#begin();
  };
}
