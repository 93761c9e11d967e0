import { Backoff } from './backoff.js';

/** What to fetch: what leads on from where we are, or the whole set. */
export type Wanted = 'after' | 'whole';

/** Pulls of a fleet that saw the same thing are spread over this. */
const SPREAD_MS = 100;

/** One pull at a time; wishes that come while one is planned or under way become one, and failures back off. */
export class PullSchedule {
  readonly #pull: (wanted: Wanted) => Promise<boolean>;
  readonly #backoff = new Backoff(500, 30_000);
  #wanted: Wanted | null = null;
  #timer: NodeJS.Timeout | undefined;
  #pulling = false;
  #stopped = false;
  #lastAt = -Infinity;
  #notBefore = -Infinity;

  /** `pull` resolves to whether everything that is known of has been applied. It must not throw. */
  constructor(pull: (wanted: Wanted) => Promise<boolean>) {
    this.#pull = pull;
  }

  /** When the last pull began, by `performance.now()`. */
  get lastAt(): number {
    return this.#lastAt;
  }

  now(wanted: Wanted): void {
    this.#plan(wanted, 0);
  }

  /** After a moment that differs from agent to agent. */
  soon(wanted: Wanted): void {
    this.#plan(wanted, Math.random() * SPREAD_MS);
  }

  /** After the next back-off: for what may well go wrong again. */
  later(wanted: Wanted): void {
    if (this.#timer || this.#pulling) this.#want(wanted);
    else this.#plan(wanted, this.#backoff.nextMs());
  }

  /** Forgets failures: the world has changed. */
  afresh(wanted: Wanted): void {
    this.#backoff.reset();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.soon(wanted);
  }

  /** The service asked to be left alone for so long: whatever happens, no pull begins before. */
  pauseFor(delayMs: number): void {
    this.#notBefore = performance.now() + delayMs;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #want(wanted: Wanted): void {
    if (this.#wanted !== 'whole') this.#wanted = wanted;
  }

  #plan(wanted: Wanted, delayMs: number): void {
    this.#want(wanted);
    if (this.#stopped || this.#timer || this.#pulling) return;
    const pauseMs = this.#notBefore - performance.now();
    this.#timer = setTimeout(() => void this.#run(), Math.max(delayMs, pauseMs));
  }

  async #run(): Promise<void> {
    const wanted = this.#takeWanted() ?? 'after';
    this.#timer = undefined;
    this.#pulling = true;
    this.#lastAt = performance.now();
    const done = await this.#pull(wanted);
    this.#pulling = false;
    if (done) this.#backoff.reset();
    const again = this.#takeWanted();
    if (!done || again) this.later(again ?? 'after');
  }

  #takeWanted(): Wanted | null {
    const wanted = this.#wanted;
    this.#wanted = null;
    return wanted;
  }
}
