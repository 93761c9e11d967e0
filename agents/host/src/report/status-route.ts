import type { Log } from '@trustcast/config';
import { Backoff } from '../distribution/backoff.js';
import { isDoubling } from '../doubling.js';
import { retryAfterMsOf } from '../errors.js';

export interface StatusRouteParts {
  /** The NATS subscriber; null before the first registration. */
  readonly nats: () => { readonly isAway: boolean; readonly report: (compact: string) => boolean } | null;
  /** Reports over HTTP, and passes the answer on. */
  readonly post: (compact: string) => Promise<void>;
  /** False for an agent that the service does not know any more, which reports nothing. */
  readonly isKnown: () => boolean;
  /** Composes a new report: the one that could not be sent may be out of date by then. */
  readonly again: () => void;
  readonly log: Log;
}

/** Delay before NATS is tried again, spread over hosts that lost it together. */
const LOOK_AGAIN_MS = { atLeast: 5_000, spread: 5_000 };

/** Sends statuses over NATS, and over HTTP while NATS is away: an agent that reports is not unreachable. */
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
    // Also where NATS is silent here: the service may receive it all the same, and orders duplicates.
    const isSent = nats?.report(compact) ?? false;
    if (this.#stopped || !this.#parts.isKnown()) return;
    if (nats && !nats.isAway) {
      if (!isSent) this.#wait(LOOK_AGAIN_MS.atLeast + LOOK_AGAIN_MS.spread * Math.random());
      return;
    }
    this.#next = compact;
    if (!this.#posting && !this.#pause) void this.#post();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#pause);
  }

  /** Sends one request at a time, with the latest status. */
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
      if (!this.#stopped && isDoubling(this.#failures))
        this.#parts.log.warn('status cannot be sent over HTTP', { error, count: this.#failures });
      this.#wait(this.#backoff.nextMs() + retryAfterMsOf(error));
    }
    this.#posting = false;
  }

  #take(): string | null {
    const compact = this.#next;
    this.#next = null;
    return compact;
  }

  #wait(delayMs: number): void {
    if (this.#stopped) return;
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      this.#next = null;
      this.#parts.again();
    }, delayMs);
  }
}
