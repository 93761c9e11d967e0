import { Backoff } from './backoff.js';

/** Extent of a pull: the changes after the accepted position, or the whole set. */
export type PullExtent = 'after' | 'whole';

/** Pulls of a fleet that saw the same thing are spread over this. */
const SPREAD_MS = 100;

/** Runs one pull at a time; requests that come while one is planned or running are merged, and failures back off. */
export class PullSchedule {
  readonly #pull: (requested: PullExtent) => Promise<boolean>;
  readonly #backoff = new Backoff(500, 30_000);
  #requested: PullExtent | null = null;
  #timer: NodeJS.Timeout | undefined;
  #pulling = false;
  #stopped = false;
  #lastAt = -Infinity;
  #notBefore = -Infinity;

  /** @param pull resolves to true where every known change has been applied. It must not throw. */
  constructor(pull: (requested: PullExtent) => Promise<boolean>) {
    this.#pull = pull;
  }

  /** When the last pull began, by `performance.now()`. */
  get lastAt(): number {
    return this.#lastAt;
  }

  now(requested: PullExtent): void {
    this.#plan(requested, 0);
  }

  /** Plans a pull after a random delay, which spreads a fleet. */
  soon(requested: PullExtent): void {
    this.#plan(requested, Math.random() * SPREAD_MS);
  }

  /** Plans a pull after the next back-off, for a failure that may repeat. */
  later(requested: PullExtent): void {
    if (this.#timer || this.#pulling) this.#request(requested);
    else this.#plan(requested, this.#backoff.nextMs());
  }

  /** Resets the back-off and plans a pull: the circumstances have changed. */
  afresh(requested: PullExtent): void {
    this.#backoff.reset();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.soon(requested);
  }

  /** Delays every pull, as the service has asked for. */
  pauseFor(delayMs: number): void {
    this.#notBefore = performance.now() + delayMs;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #request(requested: PullExtent): void {
    if (this.#requested !== 'whole') this.#requested = requested;
  }

  #plan(requested: PullExtent, delayMs: number): void {
    this.#request(requested);
    if (this.#stopped || this.#timer || this.#pulling) return;
    const pauseMs = this.#notBefore - performance.now();
    this.#timer = setTimeout(() => void this.#run(), Math.max(delayMs, pauseMs));
  }

  async #run(): Promise<void> {
    const requested = this.#takeRequested() ?? 'after';
    this.#timer = undefined;
    this.#pulling = true;
    this.#lastAt = performance.now();
    const done = await this.#pull(requested);
    this.#pulling = false;
    if (done) this.#backoff.reset();
    const again = this.#takeRequested();
    if (!done || again) this.later(again ?? 'after');
  }

  #takeRequested(): PullExtent | null {
    const requested = this.#requested;
    this.#requested = null;
    return requested;
  }
}
