/** How many bytes of bodies may be in memory while they are read: of everybody together, and of each who sends them. */
export class BodyBudget {
  readonly #limits: { readonly total: number; readonly each: number };
  readonly #held = new Map<string, number>();
  #total = 0;

  constructor(limits: { readonly total: number; readonly each: number }) {
    this.#limits = limits;
  }

  get total(): number {
    return this.#total;
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
