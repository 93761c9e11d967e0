import { STALE_AFTER_MS } from '@trustcast/schema';

/** What a request may take, and service processes may differ by, before the clocks are compared anew. */
const DOUBT_MS = 10_000;

/**
 * Knows how old our knowledge is and how far our clock is off.
 *
 * Knowledge is as old as the statement that it rests on, not as its arrival: whoever delays messages makes it stale. The
 * service's time comes from the answer to a registration, which is signed for that very request, and goes on with our
 * monotonic clock. A signed statement can only show that it is later than that; never that it is earlier.
 */
export class Freshness {
  readonly #changed: () => void;
  readonly #now: () => number;
  #newestIssuedAt = -Infinity;
  #freshUntil = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  /** The service's time minus `performance.now()`; by our own clock until there is better. */
  #serviceOrigin: number;
  #compared = false;
  /** By the last answer to any request. */
  #answerOffsetMs: number | null = null;
  #clockWrong = false;

  /** `changed` is called when knowledge becomes stale. */
  constructor(changed: () => void, now: () => number) {
    this.#changed = changed;
    this.#now = now;
    this.#serviceOrigin = now() - performance.now();
  }

  get isStale(): boolean {
    return performance.now() >= this.#freshUntil;
  }

  /** Our clock minus the service's; null until the service has answered. */
  get clockOffsetMs(): number | null {
    return this.#compared && !this.#clockWrong ? Math.round(this.#now() - this.#serviceNow) : this.#answerOffsetMs;
  }

  get clockProblem(): string | null {
    return this.#clockWrong ? `CLOCK_SKEW: ${this.clockOffsetMs ?? 0} ms` : null;
  }

  get #serviceNow(): number {
    return this.#serviceOrigin + performance.now();
  }

  /** True when a statement is news, and not too old for it. A replay is not: only one that was issued later than all before renews. */
  renew(issuedAt: number): boolean {
    if (issuedAt <= this.#newestIssuedAt) return false;
    this.#newestIssuedAt = issuedAt;
    this.#isAtLeast(issuedAt);
    const remainingMs = issuedAt + STALE_AFTER_MS - this.#serviceNow;
    this.#freshUntil = performance.now() + remainingMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#changed, Math.max(0, remainingMs) + 1);
    return remainingMs > 0;
  }

  /** Notes the service's time by an answer that was signed for our very request. */
  tell(serviceNowMs: number): void {
    this.#serviceOrigin = serviceNowMs - performance.now();
    this.#compared = true;
  }

  /**
   * Notes a statement that an answer brought: by it the two clocks are compared.
   *
   * @returns true where it is older than an answer should be: our notion of the service's time may be wrong, or it was replayed
   */
  compareClocks(nowMs: number, issuedAt: number, outOfTime: boolean): boolean {
    this.#answerOffsetMs = Math.round(nowMs - issuedAt);
    this.#clockWrong = outOfTime;
    // Out of its time nothing is accepted, and one of the clocks will be set.
    if (!outOfTime) this.#isAtLeast(issuedAt);
    return this.#serviceNow - issuedAt > DOUBT_MS;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #isAtLeast(serviceNowMs: number): void {
    this.#serviceOrigin = Math.max(this.#serviceOrigin, serviceNowMs - performance.now());
  }
}
