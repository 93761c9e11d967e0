import { LRUCache } from 'lru-cache';

export interface RateLimits {
  /** Requests at once. */
  readonly burst: number;
  readonly perSecond: number;
}

/** As many as are remembered at once; of more, those that asked longest ago begin afresh. */
const MAX_KNOWN = 100_000;

/** Requests that each sender may make of this process: a bucket of tokens per sender, which fills again with time. */
export class RequestRate {
  readonly #limits: RateLimits;
  readonly #now: () => number;
  readonly #buckets = new LRUCache<string, { tokens: number; at: number }>({ max: MAX_KNOWN });

  /** @param now milliseconds of a clock that does not jump */
  constructor(limits: RateLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Counts a request. @returns seconds until the sender may ask again; 0: this one may be answered */
  secondsToWait(sender: string): number {
    const { burst, perSecond } = this.#limits;
    const now = this.#now();
    const { tokens, at } = this.#buckets.get(sender) ?? { tokens: burst, at: now };
    const filled = Math.min(burst, tokens + ((now - at) / 1_000) * perSecond);
    const allowed = filled >= 1;
    this.#buckets.set(sender, { tokens: allowed ? filled - 1 : filled, at: now });
    return allowed ? 0 : Math.ceil((1 - filled) / perSecond);
  }
}
