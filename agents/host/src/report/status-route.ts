import { Backoff } from '../distribution/backoff.js';
import { retryAfterMsOf } from '../errors.js';
import type { Log } from '../log.js';

export interface StatusRouteParts {
  /** The way by NATS; null before the first registration. */
  readonly nats: () => { readonly isHeard: boolean; readonly report: (compact: string) => boolean } | null;
  /** Reports over HTTP, and hands on what is answered. */
  readonly post: (compact: string) => Promise<void>;
  /** False for an agent that the service does not know any more: it has nothing to say. */
  readonly isKnown: () => boolean;
  /** Has everything said again: what could not be sent may be out of date by then. */
  readonly again: () => void;
  readonly log: Log;
}

/** Takes statuses to the service over NATS, and over HTTP while nothing is heard there: who reports is not unreachable. */
export class StatusRoute {
  readonly #parts: StatusRouteParts;
  readonly #backoff = new Backoff(1_000, 20_000);
  #next: string | null = null;
  #posting = false;
  #pause: NodeJS.Timeout | undefined;
  #failures = 0;
  #stopped = false;

  constructor(parts: StatusRouteParts) {
    this.#parts = parts;
  }

  send(compact: string): void {
    const nats = this.#parts.nats();
    // Also where nothing is heard: the service may hear all the same, and orders what comes twice.
    if ((nats?.report(compact) && nats.isHeard) || this.#stopped) return;
    if (!this.#parts.isKnown()) return;
    this.#next = compact;
    if (!this.#posting && !this.#pause) void this.#post();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#pause);
  }

  /** One request at a time, with the latest there is. */
  async #post(): Promise<void> {
    this.#posting = true;
    try {
      for (let compact = this.#take(); compact !== null && !this.#stopped; compact = this.#take())
        await this.#parts.post(compact);
      this.#failures = 0;
      this.#backoff.reset();
    } catch (error) {
      this.#failures += 1;
      // A host that stays cut off must not fill its disk.
      if (!this.#stopped && (this.#failures & (this.#failures - 1)) === 0)
        this.#parts.log.warn('status cannot be sent over HTTP', { error, count: this.#failures });
      if (!this.#stopped)
        this.#pause = setTimeout(() => this.#resume(), this.#backoff.nextMs() + retryAfterMsOf(error));
    }
    this.#posting = false;
  }

  #take(): string | null {
    const compact = this.#next;
    this.#next = null;
    return compact;
  }

  #resume(): void {
    this.#pause = undefined;
    this.#next = null;
    this.#parts.again();
  }
}
