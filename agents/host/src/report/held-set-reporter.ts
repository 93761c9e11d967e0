import type { Log } from '@trustcast/config';
import type { HeldSet, HeldSetAnswer } from '@trustcast/schema';
import { isDoubling } from '../doubling.js';
import { retryAfterMsOf } from '../errors.js';
import type { Accepted } from '../state/state-store.js';

export interface HeldSetParts {
  /** The held set; null where there is none, or where it is behind the furthest position ever accepted. */
  readonly held: () => Accepted | null;
  readonly send: (held: HeldSet) => Promise<HeldSetAnswer>;
  readonly log: Log;
}

/** Spread of a fleet, which learns of a restore with one heartbeat. */
const SPREAD_MS = 5_000;
/** Retry while the service waits for the set of another host, which may not come. */
const AGAIN_MS = 60_000;
/** Interval after the service has the set: its database may be restored again before the epoch is advanced. */
const KNOWN_MS = 5 * 60_000;

/** Reports the set of this host to a service that is behind because its database was restored. */
export class HeldSetReporter {
  readonly #parts: HeldSetParts;
  #notBefore = 0;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #stopped = false;

  constructor(parts: HeldSetParts) {
    this.#parts = parts;
  }

  /** Reports the held set; called whenever the service is seen to be behind. */
  report(): void {
    if (this.#stopped || this.#timer || performance.now() < this.#notBefore) return;
    this.#timer = setTimeout(() => void this.#report(), Math.random() * SPREAD_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #report(): Promise<void> {
    let waitMs = AGAIN_MS;
    const held = this.#parts.held();
    try {
      if (held && (await this.#exchange(held))) waitMs = KNOWN_MS;
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      // As for pulls: the log must not grow without bound.
      if (!this.#stopped && isDoubling(this.#failures))
        this.#parts.log.warn('the service is behind, and the held set cannot be reported', {
          error,
          count: this.#failures,
        });
      waitMs = Math.max(waitMs, retryAfterMsOf(error));
    }
    this.#notBefore = performance.now() + waitMs;
    this.#timer = undefined;
  }

  /** @returns true where the service has the set */
  async #exchange({ compact, statement: { epoch, revision }, set }: Accepted): Promise<boolean> {
    const { known, wanted } = await this.#parts.send({ statement: compact, entries: null });
    if (!wanted) return known;
    const answer = await this.#parts.send({ statement: compact, entries: [...set.values()] });
    this.#parts.log.info('the service is behind: reported the held set', {
      position: `${epoch}.${revision}`,
      managed: set.size,
    });
    return answer.known;
  }
}
