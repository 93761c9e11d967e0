/** Time limit for all processes of users that are selected or trusted. */
const FAVOURED_MS = 1_000;

/**
 * Time limit of one search for locks: nothing else runs meanwhile, and a process may have a million descriptors. Each user that
 * is not favoured has half of the time for all of them.
 */
export class LockTime {
  readonly #isFavoured: (uid: number) => boolean;
  readonly #shareMs: number;
  readonly #spent = new Map<number, number>();
  #favouredMs: number;
  #othersMs: number;

  constructor(isFavoured: (uid: number) => boolean, othersMs: number) {
    this.#isFavoured = isFavoured;
    this.#favouredMs = Math.max(FAVOURED_MS, othersMs);
    this.#othersMs = othersMs;
    this.#shareMs = othersMs / 2;
  }

  /** Remaining milliseconds for a process of this user. */
  left(uid: number): number {
    if (this.#isFavoured(uid)) return this.#favouredMs;
    return Math.min(this.#othersMs, this.#shareMs - (this.#spent.get(uid) ?? 0));
  }

  spend(uid: number, ms: number): void {
    if (this.#isFavoured(uid)) this.#favouredMs -= ms;
    else {
      this.#othersMs -= ms;
      this.#spent.set(uid, (this.#spent.get(uid) ?? 0) + ms);
    }
  }
}
