/** What reading may take of the event loop: of its time, and at once. */
const SHARE = 0.2;
const BURST_MS = 10;
/** What is larger is never read there: a certificate of this size takes some milliseconds, however it is made. */
const MAX_CHARACTERS = 16 * 1024;

/**
 * Says what may be read on the event loop. It is not what each piece looks like that decides, but what all of them
 * together have taken: one request may bring hundreds.
 */
export class QuickShare {
  readonly #now: () => number;
  #leftMs = BURST_MS;
  #at: number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#at = now();
  }

  /** @returns whether so much may be read now; then call `spent` */
  has(characters: number): boolean {
    const now = this.#now();
    this.#leftMs = Math.min(BURST_MS, this.#leftMs + (now - this.#at) * SHARE);
    this.#at = now;
    return characters <= MAX_CHARACTERS && this.#leftMs > 0;
  }

  /** Reads, and counts how long it takes. */
  spend<Answer>(read: () => Answer): Answer {
    const start = this.#now();
    try {
      return read();
    } finally {
      this.#leftMs -= this.#now() - start;
    }
  }
}
