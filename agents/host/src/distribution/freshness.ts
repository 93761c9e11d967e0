import { STALE_AFTER_MS } from '@trustcast/schema';

/** Tolerance for the duration of a request and for differences between service processes, before clocks are compared again. */
const DOUBT_MS = 10_000;

/**
 * Tracks the age of the agent's knowledge and the offset of its clock.
 *
 * Knowledge is as old as its statement, not as the arrival of it: delayed messages are stale. The time of the service comes
 * from a registration, which is signed for that very request, and continues with the monotonic clock of this host. A signed
 * statement can only prove that the time is later than that, never that it is earlier.
 */
export class Freshness {
  readonly #changed: () => void;
  readonly #now: () => number;
  #newestIssuedAt = -Infinity;
  #freshUntil = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  /** The time of the service minus `performance.now()`; by the clock of this host until it was compared. */
  #serviceOrigin: number;
  #compared = false;
  /** Offset by the last answer to any request. */
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

  /** The clock of this host minus the service's; null until the service has answered. */
  get clockOffsetMs(): number | null {
    return this.#compared && !this.#clockWrong ? Math.round(this.#now() - this.#serviceNow) : this.#answerOffsetMs;
  }

  get clockProblem(): string | null {
    return this.#clockWrong ? `CLOCK_SKEW: ${this.clockOffsetMs ?? 0} ms` : null;
  }

  get #serviceNow(): number {
    return this.#serviceOrigin + performance.now();
  }

  /** Renews freshness by a statement that was issued later than all before; a replay was not. @returns false where it is too old */
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

  /** Sets the time of the service from an answer that was signed for this very request. */
  setServiceTime(serviceNowMs: number): void {
    this.#serviceOrigin = serviceNowMs - performance.now();
    this.#compared = true;
  }

  /**
   * Compares the two clocks by the statement of an answer.
   *
   * @returns true where it is older than an answer should be: the assumed time of the service is wrong, or it was replayed
   */
  compareClocks(nowMs: number, issuedAt: number, outOfTime: boolean): boolean {
    this.#answerOffsetMs = Math.round(nowMs - issuedAt);
    this.#clockWrong = outOfTime;
    // Outside its validity nothing is accepted, and one of the clocks will be set.
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
