import { type ChangeMessage, type Position, type Statement, comparePositions, formatPosition } from '@trustcast/schema';

/** A message whose statement is ahead of the accepted position. */
export interface Candidate {
  readonly message: ChangeMessage;
  readonly statement: Statement;
  readonly bytes: number;
  /** `performance.now()` when it came in. */
  readonly receivedAt: number;
}

// `from` is not signed, so whoever can publish could fill memory with variants of one good statement.
const MAX_CANDIDATES = 4_096;
const MAX_BYTES = 64 * 1024 * 1024;

/** Candidates that wait for their predecessor, by their start position. */
export class PendingChanges {
  readonly #byFrom = new Map<string, Candidate>();
  #bytes = 0;
  #ahead: Position | null = null;

  /** The furthest position of a verified statement; null where nothing is pending. */
  get ahead(): Position | null {
    return this.#ahead;
  }

  add(candidate: Candidate): void {
    if (!this.#ahead || comparePositions(candidate.statement, this.#ahead) > 0) this.#ahead = candidate.statement;
    const { from } = candidate.message;
    // Without data: it only names a position.
    if (from && comparePositions(from, candidate.statement) >= 0) return;
    const key = from ? formatPosition(from) : '';
    const known = this.#byFrom.get(key);
    if (known && comparePositions(known.statement, candidate.statement) >= 0) return;
    this.#bytes += candidate.bytes - (known?.bytes ?? 0);
    this.#byFrom.set(key, candidate);
    if (this.#byFrom.size > MAX_CANDIDATES || this.#bytes > MAX_BYTES) this.#clearData();
  }

  /**
   * The candidates that lead furthest from `position`, in the order in which they apply; empty when none starts there.
   * A whole set is taken where deltas do not lead as far.
   */
  chainFrom(position: Position | null): Candidate[] {
    const deltas = position ? this.#deltasFrom(position) : [];
    const whole = this.#byFrom.get('');
    const end = deltas.at(-1)?.statement ?? position;
    if (!whole || (end && comparePositions(whole.statement, end) <= 0)) return deltas;
    return [whole, ...this.#deltasFrom(whole.statement)];
  }

  /** Discards candidates up to `position`. */
  reached(position: Position): void {
    for (const [key, candidate] of this.#byFrom)
      if (comparePositions(candidate.statement, position) <= 0) this.#delete(key, candidate);
    if (this.#ahead && comparePositions(this.#ahead, position) <= 0) this.#ahead = null;
  }

  /** Discards candidates whose data does not match their statement; the furthest position is retained. */
  discard(chain: readonly Candidate[]): void {
    for (const candidate of chain) {
      const { from } = candidate.message;
      this.#delete(from ? formatPosition(from) : '', candidate);
    }
  }

  #deltasFrom(position: Position): Candidate[] {
    const chain: Candidate[] = [];
    let next = this.#byFrom.get(formatPosition(position));
    while (next) {
      chain.push(next);
      next = this.#byFrom.get(formatPosition(next.statement));
    }
    return chain;
  }

  #delete(key: string, candidate: Candidate): void {
    if (this.#byFrom.get(key) !== candidate) return;
    this.#byFrom.delete(key);
    this.#bytes -= candidate.bytes;
  }

  #clearData(): void {
    this.#byFrom.clear();
    this.#bytes = 0;
  }
}
