export interface BodyLimits {
  /** Bytes of everybody together. */
  readonly total: number;
  /** Bytes of each who sends them. */
  readonly each: number;
  /** Bodies of each that have begun and have not come to their end. */
  readonly unfinished: number;
}

/** How much of bodies may be in memory while they are read: as much as has come, whatever their heads say. */
export class BodyBudget {
  readonly #limits: BodyLimits;
  readonly #held = new Map<string, number>();
  readonly #unfinished = new Map<string, number>();
  #total = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  get total(): number {
    return this.#total;
  }

  /** Notes that a body begins. @returns false when its sender has too many that do not end */
  begin(owner: string): boolean {
    const unfinished = this.#unfinished.get(owner) ?? 0;
    if (unfinished >= this.#limits.unfinished) return false;
    this.#unfinished.set(owner, unfinished + 1);
    return true;
  }

  /** Notes that one has come, or will not. */
  end(owner: string): void {
    const unfinished = (this.#unfinished.get(owner) ?? 1) - 1;
    if (unfinished > 0) this.#unfinished.set(owner, unfinished);
    else this.#unfinished.delete(owner);
  }

  /** @returns false when there is no room for them now */
  take(owner: string, bytes: number): boolean {
    const held = this.#held.get(owner) ?? 0;
    if (this.#total + bytes > this.#limits.total || held + bytes > this.#limits.each) return false;
    this.#total += bytes;
    this.#held.set(owner, held + bytes);
    return true;
  }

  giveBack(owner: string, bytes: number): void {
    this.#total -= bytes;
    const held = (this.#held.get(owner) ?? 0) - bytes;
    if (held > 0) this.#held.set(owner, held);
    else this.#held.delete(owner);
  }
}
