import type { Log } from '@trustcast/config';
import type { HeldSet, HeldSetAnswer } from '@trustcast/schema';
import { retryAfterMsOf } from '../errors.js';
import type { Accepted } from '../state/state-store.js';

export interface HeldSetParts {
  /** The set that is held; null: none, or not at the furthest that was ever accepted. */
  readonly held: () => Accepted | null;
  readonly send: (held: HeldSet) => Promise<HeldSetAnswer>;
  readonly log: Log;
}

/** A fleet learns of a restore with one heartbeat, and does not ask together. */
const SPREAD_MS = 5_000;
/** The service waits for another host's set: that one may not come. */
const AGAIN_MS = 60_000;
/** The service knew it. Its database may be restored once more before the epoch is advanced. */
const KNOWN_MS = 5 * 60_000;

/** Tells a service that is behind, after its database was restored, what this host holds: the service cannot know. */
export class HeldSetReporter {
  readonly #parts: HeldSetParts;
  #notBefore = 0;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #stopped = false;

  constructor(parts: HeldSetParts) {
    this.#parts = parts;
  }

  /** Called whenever the service is seen to be behind. */
  tell(): void {
    if (this.#stopped || this.#timer || performance.now() < this.#notBefore) return;
    this.#timer = setTimeout(() => void this.#tell(), Math.random() * SPREAD_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #tell(): Promise<void> {
    let waitMs = AGAIN_MS;
    const held = this.#parts.held();
    try {
      if (held && (await this.#exchange(held))) waitMs = KNOWN_MS;
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      // As with pulls: the log must not grow for ever.
      if (!this.#stopped && (this.#failures & (this.#failures - 1)) === 0)
        this.#parts.log.warn('the service is behind, and cannot be told what is held here', {
          error,
          count: this.#failures,
        });
      waitMs = Math.max(waitMs, retryAfterMsOf(error));
    }
    this.#notBefore = performance.now() + waitMs;
    this.#timer = undefined;
  }

  /** @returns true when the service has it */
  async #exchange({ compact, statement: { epoch, revision }, set }: Accepted): Promise<boolean> {
    const { known, wanted } = await this.#parts.send({ statement: compact, entries: null });
    if (!wanted) return known;
    const answer = await this.#parts.send({ statement: compact, entries: [...set.values()] });
    this.#parts.log.info('the service is behind: it was told what is held here', {
      position: `${epoch}.${revision}`,
      managed: set.size,
    });
    return answer.known;
  }
}
