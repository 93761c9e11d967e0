import { GraphQLError, OperationTypeNode } from 'graphql';
import { HeaderMap } from '@apollo/server';

export interface HeavyReadsLimits {
  /** Complexity up to which a query never waits; enough for a page of a screen. */
  readonly light: number;
  /** Complexity of the heavier queries that run at a time; one always may. */
  readonly running: number;
  /** Maximum number of waiting heavy queries. */
  readonly waiting: number;
  readonly waitMs: number;
}

/**
 * Measured with six of the largest queries without end, beside which a mutation took up to 2.4 s: the largest that is accepted
 * keeps the event loop busy for some 0.3 s in pieces, and each step of a mutation waits for a piece of every one that runs.
 */
export const HEAVY_READS: HeavyReadsLimits = { light: 2_000, running: 20_000, waiting: 256, waitMs: 20_000 };

interface Waiting {
  readonly cost: number;
  readonly begin: () => void;
}

/**
 * Lets so much be read at a time. Whoever asks for much waits, callers by turns, so that a change finds the event loop free;
 * a request that has waited too long gets 503 and may be repeated.
 */
export class HeavyReads {
  readonly #limits: HeavyReadsLimits;
  readonly #waiting = new Map<string, Waiting[]>();
  #number = 0;
  #running = 0;

  constructor(limits: HeavyReadsLimits = HEAVY_READS) {
    this.#limits = limits;
  }

  /** Complexity that runs, of heavy queries. */
  get running(): number {
    return this.#running;
  }

  /**
   * Resolves when a read may begin.
   *
   * @param cost complexity, as it was computed
   * @param caller whoever asks: one caller's many queries wait for one another
   * @returns call it when the read has ended
   * @throws GraphQLError `OVERLOADED`
   */
  async begin(operation: OperationTypeNode, cost: number, caller: string): Promise<() => void> {
    const { light, waiting } = this.#limits;
    if (operation !== OperationTypeNode.QUERY || cost <= light) return () => undefined;
    if (!this.#hasRoomFor(cost) || this.#number > 0) {
      if (this.#number >= waiting) throw overloaded();
      await this.#wait(cost, caller);
    } else this.#running += cost;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#running -= cost;
      this.#beginNext();
    };
  }

  #hasRoomFor(cost: number): boolean {
    return this.#running === 0 || this.#running + cost <= this.#limits.running;
  }

  #wait(cost: number, caller: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const own = this.#waiting.get(caller) ?? [];
      this.#waiting.set(caller, own);
      const timer = setTimeout(() => {
        this.#leave(caller, entry);
        reject(overloaded());
      }, this.#limits.waitMs);
      const entry: Waiting = {
        cost,
        begin: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      own.push(entry);
      this.#number++;
    });
  }

  #leave(caller: string, entry: Waiting): void {
    const own = this.#waiting.get(caller) ?? [];
    own.splice(own.indexOf(entry), 1);
    if (own.length === 0) this.#waiting.delete(caller);
    this.#number--;
  }

  #beginNext(): void {
    for (;;) {
      const [first] = this.#waiting;
      const entry = first?.[1][0];
      if (!first || !entry || !this.#hasRoomFor(entry.cost)) return;
      const [caller, own] = first;
      this.#leave(caller, entry);
      // The next one is another caller's.
      this.#waiting.delete(caller);
      if (own.length > 0) this.#waiting.set(caller, own);
      this.#running += entry.cost;
      entry.begin();
    }
  }
}

function overloaded(): GraphQLError {
  const seconds = 1 + Math.floor(Math.random() * 5);
  return new GraphQLError(
    `too many queries of this size are read at the moment: try again in ${seconds} s, or ask for smaller pages`,
    {
      extensions: {
        code: 'OVERLOADED',
        http: { status: 503, headers: new HeaderMap([['retry-after', String(seconds)]]) },
      },
    },
  );
}
