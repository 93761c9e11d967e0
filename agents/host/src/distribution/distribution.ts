import type { Log } from '@trustcast/config';
import {
  type ChangeMessage,
  EMPTY_SET,
  HEARTBEAT_INTERVAL_MS,
  type Position,
  type Registration,
  type SetScope,
  type Statement,
  TrustcastError,
  applyDelta,
  comparePositions,
  decodeChangeMessage,
  digestOf,
} from '@trustcast/schema';
import { errnoOf, retryAfterMsOf } from '../errors.js';
import type { Accepted } from '../state/state-store.js';
import { type HighWaterMark, judge } from './acceptance.js';
import { Freshness } from './freshness.js';
import { type Candidate, PendingChanges } from './pending-changes.js';
import { PullSchedule, type Wanted } from './pull-schedule.js';

/** How a message came: over NATS, or as the answer to a request. */
export type Road = 'changed' | 'heartbeat' | 'answer';

/** How long a gap waits for its predecessor. */
const GAP_WAIT_MS = 200;
/** NATS is silent when a heartbeat is late by up to this much. */
const HEARTBEAT_GRACE_MS = 5_000;
/** However busy NATS is, the service is asked this often, give or take a tenth: what NATS keeps back arrives so. */
const POLL_INTERVAL_MS = 5 * 60_000;
/** A statement out of its time may be a replay, so it makes the agent ask no more often than this. */
const CLOCK_CHECK_MS = 15_000;

export interface DistributionParts {
  readonly scope: SetScope;
  readonly verify: (compact: string) => Statement;
  /** Fetches what leads on from a position, or the whole set. */
  readonly pull: (after: Position | null) => Promise<Uint8Array>;
  readonly heartbeat: () => Promise<Uint8Array>;
  /** Makes a change durable and writes it. Throws when it could not be made durable; then nothing has changed. */
  readonly commit: (next: Accepted, messages: readonly ChangeMessage[], acceptMs: number) => void;
  /** Called when a statement names a key that is not known: the service may have another by now. */
  readonly keyUnknown: () => void;
  /** Called when an answer is older than answers are: only one that is signed for its request tells the service's time. */
  readonly clockDoubtful: () => void;
  /** Called when the service says of later what is behind, or beside, what was accepted: its database was restored. */
  readonly serviceBehind: () => void;
  /** Called when anything that is reported has changed. */
  readonly changed: () => void;
  readonly log: Log;
  readonly now?: () => number;
}

/**
 * Takes messages from every road, accepts what protocol and signature allow, and fetches what is missing.
 *
 * Everything between a message and its commit is synchronous: what has arrived together is applied in one write.
 */
export class Distribution {
  readonly #parts: DistributionParts;
  readonly #now: () => number;
  readonly #pending = new PendingChanges();
  readonly #freshness: Freshness;
  readonly #pulls = new PullSchedule((wanted) => this.#pull(wanted));
  readonly #refused: Record<string, number> = {};
  #queue: { bytes: Uint8Array; road: Road; receivedAt: number }[] = [];
  #accepted: Accepted | null;
  #mark: HighWaterMark | null;
  /** Undefined until this process has registered. */
  #floor: Position | null | undefined;
  /** True where something was wanted before there was a floor. */
  #isWaiting = false;
  #equivocated = false;
  #failedPulls = 0;
  #stateProblem: string | null = null;
  #gapTimer: NodeJS.Timeout | undefined;
  #silenceTimer: NodeJS.Timeout | undefined;
  #pollTimer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param mark the furthest that was ever accepted, which may be beyond `accepted` where state was lost */
  constructor(parts: DistributionParts, accepted: Accepted | null, mark: HighWaterMark | null = null) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
    this.#accepted = accepted;
    this.#mark = furthest(mark, accepted?.statement ?? null);
    this.#freshness = new Freshness(parts.changed, this.#now);
  }

  get accepted(): Accepted | null {
    return this.#accepted;
  }
  /** Messages refused since the start, by reason. */
  get refused(): Readonly<Record<string, number>> {
    return this.#refused;
  }
  get clockOffsetMs(): number | null {
    return this.#freshness.clockOffsetMs;
  }
  get isStale(): boolean {
    return this.#freshness.isStale;
  }
  /** True while a believed statement is known that has not been applied. */
  get isBehind(): boolean {
    return this.#pending.ahead !== null;
  }
  /** What an operator must look at; null when there is nothing. */
  get problem(): string | null {
    return this.#equivocated ? 'EQUIVOCATION' : (this.#freshness.clockProblem ?? this.#stateProblem);
  }

  /** Fetches what was missed while nothing ran. */
  start(): void {
    this.#pulls.now('after');
    this.#listenForSilence();
    this.#pollTimer ??= this.#planPoll();
  }

  /** Notes the service's time and where the environment is, as both were signed for our very request. */
  tell({ issuedAt, position }: Pick<Registration, 'issuedAt' | 'position'>): void {
    if (issuedAt !== undefined) this.#freshness.tell(issuedAt);
    this.#floor = position ?? null;
    if (this.#isWaiting) this.#pulls.now('after');
    this.#isWaiting = false;
  }

  /** Fetches what a broken connection may have missed. */
  catchUp(): void {
    this.#pulls.afresh('after');
  }

  stop(): void {
    this.#stopped = true;
    this.#pulls.stop();
    this.#freshness.stop();
    clearTimeout(this.#gapTimer);
    clearTimeout(this.#silenceTimer);
    clearTimeout(this.#pollTimer);
  }

  receive(bytes: Uint8Array, road: Road): void {
    this.#queue.push({ bytes, road, receivedAt: performance.now() });
    // A chunk of the socket may hold many messages; they are all here before microtasks run.
    if (this.#queue.length === 1) queueMicrotask(() => this.#drain());
  }

  #drain(): void {
    const queue = this.#queue;
    if (this.#stopped || queue.length === 0) return;
    this.#queue = [];
    for (const { bytes, road, receivedAt } of queue) this.#consider(bytes, road, receivedAt);
    this.#advance(queue[0]?.receivedAt ?? performance.now());
    this.#parts.changed();
  }

  #consider(bytes: Uint8Array, road: Road, receivedAt: number): void {
    let message: ChangeMessage;
    let statement: Statement;
    try {
      message = decodeChangeMessage(bytes);
      statement = this.#parts.verify(message.statement);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'SIGNATURE_KEY_UNKNOWN') this.#parts.keyUnknown();
      this.#refuse(code, road);
      return;
    }
    const nowMs = this.#now();
    const verdict = judge(statement, this.#parts.scope, this.#mark, this.#floor ?? null, this.#isApplied, nowMs);
    if (verdict !== 'WRONG_INSTALLATION' && verdict !== 'WRONG_ENVIRONMENT')
      this.#checkClock(road, nowMs, statement.issuedAt, verdict === 'EXPIRED' || verdict === 'NOT_YET_VALID');
    switch (verdict) {
      case 'CANDIDATE':
        this.#consideredFresh(statement);
        this.#addCandidate({ message, statement, bytes: bytes.byteLength, receivedAt }, road);
        return;
      case 'SAME':
        this.#consideredFresh(statement);
        return;
      case 'EQUIVOCATION':
        this.#equivocated = true;
        this.#compareWithAccepted(statement);
        this.#refuse(verdict, road);
        return;
      case 'OLD':
        this.#compareWithAccepted(statement);
        this.#refuse(verdict, road);
        return;
      case 'WRONG_INSTALLATION':
      case 'WRONG_ENVIRONMENT':
      case 'EXPIRED':
      case 'NOT_YET_VALID':
        this.#refuse(verdict, road);
    }
  }

  get #isApplied(): boolean {
    return (
      this.#accepted !== null && this.#mark !== null && comparePositions(this.#accepted.statement, this.#mark) === 0
    );
  }

  #addCandidate(candidate: Candidate, road: Road): void {
    if (this.#mustWait()) return;
    // Without a high-water mark anything unexpired could be replayed; only what was asked for is believed.
    if (!this.#accepted && road !== 'answer') {
      this.#pulls.soon('after');
      return;
    }
    this.#pending.add(candidate);
    const { from } = candidate.message;
    // An event whose data was too large to send.
    if (road === 'changed' && from && comparePositions(from, candidate.statement) >= 0) this.#pulls.soon('after');
  }

  /** What is late was also signed earlier; what was signed later and is behind was read from another database. */
  #compareWithAccepted({ issuedAt }: Statement): void {
    const { statement } = this.#accepted ?? {};
    if (this.#isApplied && statement && issuedAt > statement.issuedAt) this.#parts.serviceBehind();
  }

  /** Who has no mark believes nothing before the service has said where it is. */
  #mustWait(): boolean {
    const must = this.#mark === null && this.#floor === undefined;
    this.#isWaiting ||= must;
    return must;
  }

  #consideredFresh({ issuedAt }: Statement): void {
    if (this.#freshness.renew(issuedAt)) this.#listenForSilence();
  }

  /** An answer was signed just now, so its time tells how wrong the clock is; what came over NATS may be a replay. */
  #checkClock(road: Road, nowMs: number, issuedAt: number, outOfTime: boolean): void {
    if (road === 'answer') {
      if (this.#freshness.compareClocks(nowMs, issuedAt, outOfTime)) this.#parts.clockDoubtful();
    } else if (outOfTime && performance.now() > this.#pulls.lastAt + CLOCK_CHECK_MS) this.#pulls.soon('after');
  }

  /** Applies everything that follows on what is accepted, with one commit. */
  #advance(receivedAt: number): void {
    const chain = this.#pending.chainFrom(this.#accepted?.statement ?? null);
    const last = chain.at(-1);
    const next = last && this.#apply(chain, last);
    if (next && this.#commit(next, chain, receivedAt)) {
      this.#accepted = next;
      this.#mark = next.statement;
      this.#equivocated = false;
      this.#pending.reached(next.statement);
    }
    if (this.isBehind) {
      this.#gapTimer ??= setTimeout(() => this.#gapLasts(), GAP_WAIT_MS);
    } else {
      clearTimeout(this.#gapTimer);
      this.#gapTimer = undefined;
    }
  }

  #apply(chain: readonly Candidate[], last: Candidate): Accepted | null {
    try {
      let set = this.#accepted?.set ?? EMPTY_SET;
      for (const { message } of chain) set = applyDelta(message.from ? set : EMPTY_SET, message);
      // The last digest speaks for all steps: it is signed, and it is what will be written.
      if (digestOf(last.statement, set) !== last.statement.digest)
        throw new TrustcastError('DIGEST_MISMATCH', 'the data does not give the digest that was signed');
      return { statement: last.statement, compact: last.message.statement, set };
    } catch (error) {
      this.#refuse(codeOf(error), 'changed');
      this.#pending.discard(chain);
      this.#pulls.later('whole');
      return null;
    }
  }

  #commit(next: Accepted, chain: readonly Candidate[], receivedAt: number): boolean {
    try {
      const messages = chain.map(({ message }) => message);
      this.#parts.commit(next, messages, performance.now() - receivedAt);
      this.#stateProblem = null;
      return true;
    } catch (error) {
      this.#stateProblem = `STATE_NOT_WRITTEN: ${errnoOf(error)}`;
      this.#parts.log.error('state cannot be written; nothing was accepted', { error });
      this.#pulls.later('after');
      return false;
    }
  }

  #gapLasts(): void {
    this.#gapTimer = undefined;
    if (this.isBehind) this.#pulls.soon('after');
  }

  async #pull(wanted: Wanted): Promise<boolean> {
    if (this.#mustWait()) return true;
    try {
      // What could not be made durable the last time needs no service.
      if (this.isBehind) this.#advance(performance.now());
      const bytes = await this.#parts.pull(wanted === 'after' ? (this.#accepted?.statement ?? null) : null);
      this.#failedPulls = 0;
      this.receive(bytes, 'answer');
      this.#drain();
    } catch (error) {
      this.#failedPulls += 1;
      // As with what is refused: the log of a host that stays cut off must not grow for ever.
      if (!this.#stopped && isPowerOfTwo(this.#failedPulls))
        this.#parts.log.warn('pull failed', { error, count: this.#failedPulls });
      this.#pulls.pauseFor(retryAfterMsOf(error));
      return false;
    }
    return this.#accepted !== null && !this.isBehind && this.problem === null;
  }

  /** Asks the service for its heartbeat once NATS is late with it. */
  #listenForSilence(): void {
    clearTimeout(this.#silenceTimer);
    if (this.#stopped) return;
    const delayMs = HEARTBEAT_INTERVAL_MS + HEARTBEAT_GRACE_MS * Math.random();
    this.#silenceTimer = setTimeout(() => void this.#askHeartbeat(), delayMs);
  }

  async #askHeartbeat(): Promise<void> {
    await this.#fetchHeartbeat();
    this.#listenForSilence();
  }

  /** Nothing that comes over NATS puts it off. */
  #planPoll(): NodeJS.Timeout {
    return setTimeout(() => void this.#poll(), POLL_INTERVAL_MS * (0.9 + 0.2 * Math.random()));
  }

  async #poll(): Promise<void> {
    await this.#fetchHeartbeat();
    if (!this.#stopped) this.#pollTimer = this.#planPoll();
  }

  async #fetchHeartbeat(): Promise<void> {
    try {
      this.receive(await this.#parts.heartbeat(), 'answer');
    } catch (error) {
      this.#parts.log.debug('heartbeat cannot be fetched', { error });
    }
  }

  #refuse(code: string, road: Road): void {
    const count = (this.#refused[code] ?? 0) + 1;
    this.#refused[code] = count;
    // The 1st, 2nd, 4th, 8th… so that nobody can fill the disk.
    if (code !== 'OLD' && isPowerOfTwo(count)) this.#parts.log.warn('message refused', { code, road, count });
  }
}

function furthest(one: HighWaterMark | null, other: HighWaterMark | null): HighWaterMark | null {
  if (!one || !other) return one ?? other;
  return comparePositions(one, other) > 0 ? one : other;
}

function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}

function codeOf(error: unknown): string {
  return error instanceof TrustcastError ? error.code : 'MALFORMED';
}
