import type { Log } from '@trustcast/config';
import { type Entry, baseDigest, plainText } from '@trustcast/schema';
import { Backoff } from '../distribution/backoff.js';
import type { HttpRoad } from '../distribution/http-road.js';
import { retryAfterMsOf } from '../errors.js';

/** Tells the service which base this host has, and what is in it when the service does not know. */
export class BaseReporter {
  readonly #road: HttpRoad;
  readonly #entries: () => readonly Entry[];
  readonly #log: Log;
  readonly #backoff = new Backoff(1_000, 60_000);
  #told: readonly Entry[] | null = null;
  #busy = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(road: HttpRoad, entries: () => readonly Entry[], log: Log) {
    this.#road = road;
    this.#entries = entries;
    this.#log = log;
  }

  /** The service may have forgotten what it was told. */
  forget(): void {
    this.#told = null;
  }

  /** Tells it unless it was told; if that fails, again and again. */
  tell(): void {
    if (this.#busy || this.#stopped || this.#told === this.#entries()) return;
    clearTimeout(this.#timer);
    void this.#tell(this.#entries());
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #tell(entries: readonly Entry[]): Promise<void> {
    this.#busy = true;
    let waitMs = 0;
    try {
      const shown = entries.map(({ alias, der }) => ({ alias: plainText(alias), der }));
      const digest = baseDigest(shown);
      const { known } = await this.#road.base({ digest, entries: null });
      if (!known) await this.#road.base({ digest, entries: shown });
      this.#told = entries;
      this.#backoff.reset();
    } catch (error) {
      if (!this.#stopped) this.#log.warn('the base cannot be reported', { error });
      waitMs = Math.max(this.#backoff.nextMs(), retryAfterMsOf(error));
    }
    this.#busy = false;
    // It may be another one by now.
    if (!this.#stopped) this.#timer = setTimeout(() => this.tell(), waitMs);
  }
}
