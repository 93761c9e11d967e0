import { STALE_AFTER_MS } from '@trustcast/schema';

/** Knows how old our knowledge is and how far our clock is off. */
export class Freshness {
  readonly #changed: () => void;
  #newestIssuedAt = -Infinity;
  #freshUntil = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #clockOffsetMs: number | null = null;
  #clockWrong = false;

  /** `changed` is called when knowledge becomes stale. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get isStale(): boolean {
    return performance.now() >= this.#freshUntil;
  }

  /** Our clock minus the service's; null until the service has answered. */
  get clockOffsetMs(): number | null {
    return this.#clockOffsetMs;
  }

  get clockProblem(): string | null {
    return this.#clockWrong ? `CLOCK_SKEW: ${this.#clockOffsetMs ?? 0} ms` : null;
  }

  /** True when a statement is news. A replay is not: only one that was issued later than all before renews. */
  renew(issuedAt: number): boolean {
    if (issuedAt <= this.#newestIssuedAt) return false;
    this.#newestIssuedAt = issuedAt;
    this.#freshUntil = performance.now() + STALE_AFTER_MS;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#changed, STALE_AFTER_MS + 1);
    return true;
  }

  /** Notes a statement that was signed just now, at our request: by it the two clocks are compared. */
  compareClocks(nowMs: number, issuedAt: number, outOfTime: boolean): void {
    this.#clockOffsetMs = Math.round(nowMs - issuedAt);
    this.#clockWrong = outOfTime;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
