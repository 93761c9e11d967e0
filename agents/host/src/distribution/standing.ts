import { type Position, type SetScope, type Statement, comparePositions } from '@trustcast/schema';
import type { Accepted } from '../state/state-store.js';
import { type HighWaterMark, type Verdict, evaluateStatement, furthest } from './acceptance.js';

/** What was accepted of an environment, and from where on something is new. */
export class Standing {
  #accepted: Accepted | null;
  #mark: HighWaterMark | null;
  /** Undefined until this process has registered. */
  #floor: Position | null | undefined;
  /** Where the list of signing keys lets the environment start again. */
  #start: Position | null;

  /** @param mark the furthest position ever accepted, which may be beyond `accepted` where state was lost */
  constructor(accepted: Accepted | null, mark: HighWaterMark | null, start: Position | null) {
    this.#accepted = accepted;
    this.#mark = furthest(mark, accepted?.statement ?? null);
    this.#start = start;
  }

  get accepted(): Accepted | null {
    return this.#accepted;
  }

  /** False where the set at the mark was lost. */
  get isApplied(): boolean {
    const { statement } = this.#accepted ?? {};
    return statement !== undefined && this.#mark !== null && comparePositions(statement, this.#mark) === 0;
  }

  /** True where there is neither a mark nor a registration: nothing is accepted before the position of the service is known. */
  get isUnknown(): boolean {
    return this.#mark === null && this.#floor === undefined;
  }

  /** Evaluates a statement whose signature holds. */
  evaluate(statement: Statement, scope: SetScope, nowMs: number): Verdict {
    return evaluateStatement(statement, scope, this.#mark, this.#floor ?? null, this.isApplied, nowMs);
  }

  accept(next: Accepted): void {
    this.#accepted = next;
    this.#mark = next.statement;
  }

  /** Keeps the accepted set under another statement of its position. */
  signAgain(next: Accepted): void {
    this.#accepted = next;
  }

  /** Notes the position of the environment at a registration. */
  noteFloor(position: Position | null): void {
    this.#floor = furthest(position, this.#start);
  }

  /** Forgets what was accepted; nothing before `start` is new. */
  startAgain(start: Position): void {
    this.#accepted = null;
    this.#mark = null;
    this.#start = start;
    // The position of a registration may be the word of the key that was taken back.
    this.#floor = start;
  }
}
