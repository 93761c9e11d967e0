import type { Log } from '@trustcast/config';
import { type Entry, baseDigest, plainText } from '@trustcast/schema';
import { Backoff } from '../distribution/backoff.js';
import type { ServiceClient } from '../distribution/service-client.js';
import { retryAfterMsOf } from '../errors.js';

/** Reports the digest of the base to the service, and its entries where the service does not know them. */
export class BaseReporter {
  readonly #client: ServiceClient;
  readonly #entries: () => readonly Entry[];
  readonly #log: Log;
  readonly #backoff = new Backoff(1_000, 60_000);
  #reported: readonly Entry[] | null = null;
  #busy = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(client: ServiceClient, entries: () => readonly Entry[], log: Log) {
    this.#client = client;
    this.#entries = entries;
    this.#log = log;
  }

  /** Reports the base again: the service may have forgotten it. */
  forget(): void {
    this.#reported = null;
  }

  /** Reports the base once; retries with back-off. */
  report(): void {
    if (this.#busy || this.#stopped || this.#reported === this.#entries()) return;
    clearTimeout(this.#timer);
    void this.#report(this.#entries());
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #report(entries: readonly Entry[]): Promise<void> {
    this.#busy = true;
    let waitMs = 0;
    try {
      const shown = entries.map(({ alias, der }) => ({ alias: plainText(alias), der }));
      const digest = baseDigest(shown);
      const { known } = await this.#client.base({ digest, entries: null });
      if (!known) await this.#client.base({ digest, entries: shown });
      this.#reported = entries;
      this.#backoff.reset();
    } catch (error) {
      if (!this.#stopped) this.#log.warn('the base cannot be reported', { error });
      waitMs = Math.max(this.#backoff.nextMs(), retryAfterMsOf(error));
    }
    this.#busy = false;
    // The base may have changed meanwhile.
    if (!this.#stopped) this.#timer = setTimeout(() => this.report(), waitMs);
  }
}
