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
import { type HighWaterMark, evaluateStatement } from './acceptance.js';
import { Freshness } from './freshness.js';
import { type Candidate, PendingChanges } from './pending-changes.js';
import { PullSchedule, type PullExtent } from './pull-schedule.js';

/** Source of a message: a NATS subject, or the answer to a request. */
export type MessageSource = 'changed' | 'heartbeat' | 'answer';

/** Grace period for the predecessor of a message that does not follow the accepted position. */
const GAP_WAIT_MS = 200;
/** NATS is silent when a heartbeat is late by up to this much. */
const HEARTBEAT_GRACE_MS = 5_000;
/** Interval of polls, give or take a tenth, however busy NATS is: messages that NATS withholds arrive this way. */
const POLL_INTERVAL_MS = 5 * 60_000;
/** Minimum interval of requests caused by statements outside their validity, which may be replays. */
const CLOCK_CHECK_MS = 15_000;

export interface DistributionParts {
  readonly scope: SetScope;
  readonly verify: (compact: string) => Statement;
  /** Fetches the changes after a position, or the whole set. */
  readonly pull: (after: Position | null) => Promise<Uint8Array>;
  readonly heartbeat: () => Promise<Uint8Array>;
  /** Stores a change durably and writes it. Throws where it could not be stored; then nothing has changed. */
  readonly commit: (next: Accepted, messages: readonly ChangeMessage[], acceptMs: number) => void;
  /** Called when a statement names an unknown key: the service may have a new one. */
  readonly keyUnknown: () => void;
  /** Called when an answer is too old: only an answer signed for its request proves the time of the service. */
  readonly clockDoubtful: () => void;
  /** Called when a later statement is behind or beside the accepted one: the database of the service was restored. */
  readonly serviceBehind: () => void;
  /** Called when the reported status has changed. */
  readonly changed: () => void;
  readonly log: Log;
  readonly now?: () => number;
}

/**
 * Receives messages from every source, accepts what protocol and signature allow, and fetches what is missing.
 *
 * Everything between a message and its commit is synchronous: messages that arrive together are applied in one write.
 */
export class Distribution {
  readonly #parts: DistributionParts;
  readonly #now: () => number;
  readonly #pending = new PendingChanges();
  readonly #freshness: Freshness;
  readonly #pulls = new PullSchedule((requested) => this.#pull(requested));
  readonly #refused: Record<string, number> = {};
  #queue: { bytes: Uint8Array; source: MessageSource; receivedAt: number }[] = [];
  #accepted: Accepted | null;
  #mark: HighWaterMark | null;
  /** Undefined until this process has registered. */
  #floor: Position | null | undefined;
  /** True where a pull was due before the floor was known. */
  #isWaiting = false;
  #equivocated = false;
  #failedPulls = 0;
  #stateProblem: string | null = null;
  #gapTimer: NodeJS.Timeout | undefined;
  #silenceTimer: NodeJS.Timeout | undefined;
  #pollTimer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param mark the furthest position ever accepted, which may be beyond `accepted` where state was lost */
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
  /** True while a verified statement has not been applied. */
  get isBehind(): boolean {
    return this.#pending.ahead !== null;
  }
  /** The problem that an operator must look at; null where there is none. */
  get problem(): string | null {
    return this.#equivocated ? 'EQUIVOCATION' : (this.#freshness.clockProblem ?? this.#stateProblem);
  }

  /** Fetches the changes that were missed while the agent was not running. */
  start(): void {
    this.#pulls.now('after');
    this.#listenForSilence();
    this.#pollTimer ??= this.#planPoll();
  }

  /** Notes time and position from a registration, which were signed for this very request. */
  noteRegistration({ issuedAt, position }: Pick<Registration, 'issuedAt' | 'position'>): void {
    if (issuedAt !== undefined) this.#freshness.setServiceTime(issuedAt);
    this.#floor = position ?? null;
    if (this.#isWaiting) this.#pulls.now('after');
    this.#isWaiting = false;
  }

  /** Fetches the changes that a broken connection may have missed. */
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

  receive(bytes: Uint8Array, source: MessageSource): void {
    this.#queue.push({ bytes, source, receivedAt: performance.now() });
    // A chunk of the socket may hold many messages; all of them have arrived before microtasks run.
    if (this.#queue.length === 1) queueMicrotask(() => this.#drain());
  }

  #drain(): void {
    const queue = this.#queue;
    if (this.#stopped || queue.length === 0) return;
    this.#queue = [];
    for (const { bytes, source, receivedAt } of queue) this.#consider(bytes, source, receivedAt);
    this.#advance(queue[0]?.receivedAt ?? performance.now());
    this.#parts.changed();
  }

  #consider(bytes: Uint8Array, source: MessageSource, receivedAt: number): void {
    let message: ChangeMessage;
    let statement: Statement;
    try {
      message = decodeChangeMessage(bytes);
      statement = this.#parts.verify(message.statement);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'SIGNATURE_KEY_UNKNOWN') this.#parts.keyUnknown();
      this.#refuse(code, source);
      return;
    }
    const nowMs = this.#now();
    const verdict = evaluateStatement(
      statement,
      this.#parts.scope,
      this.#mark,
      this.#floor ?? null,
      this.#isApplied,
      nowMs,
    );
    if (verdict !== 'WRONG_INSTALLATION' && verdict !== 'WRONG_ENVIRONMENT')
      this.#checkClock(source, nowMs, statement.issuedAt, verdict === 'EXPIRED' || verdict === 'NOT_YET_VALID');
    switch (verdict) {
      case 'CANDIDATE':
        this.#consideredFresh(statement);
        this.#addCandidate({ message, statement, bytes: bytes.byteLength, receivedAt }, source);
        return;
      case 'SAME':
        this.#consideredFresh(statement);
        return;
      case 'EQUIVOCATION':
        this.#equivocated = true;
        this.#compareWithAccepted(statement);
        this.#refuse(verdict, source);
        return;
      case 'OLD':
        this.#compareWithAccepted(statement);
        this.#refuse(verdict, source);
        return;
      case 'WRONG_INSTALLATION':
      case 'WRONG_ENVIRONMENT':
      case 'EXPIRED':
      case 'NOT_YET_VALID':
        this.#refuse(verdict, source);
    }
  }

  get #isApplied(): boolean {
    return (
      this.#accepted !== null && this.#mark !== null && comparePositions(this.#accepted.statement, this.#mark) === 0
    );
  }

  #addCandidate(candidate: Candidate, source: MessageSource): void {
    if (this.#mustWait()) return;
    // Without a high-water mark anything unexpired could be replayed; only answers to requests are accepted.
    if (!this.#accepted && source !== 'answer') {
      this.#pulls.soon('after');
      return;
    }
    this.#pending.add(candidate);
    const { from } = candidate.message;
    // An event without data, which was too large to send.
    if (source === 'changed' && from && comparePositions(from, candidate.statement) >= 0) this.#pulls.soon('after');
  }

  /** Detects a restored database: a late message was also signed earlier, whereas this one was signed later and is behind. */
  #compareWithAccepted({ issuedAt }: Statement): void {
    const { statement } = this.#accepted ?? {};
    if (this.#isApplied && statement && issuedAt > statement.issuedAt) this.#parts.serviceBehind();
  }

  /** True where there is neither a mark nor a registration: nothing is accepted before the position of the service is known. */
  #mustWait(): boolean {
    const must = this.#mark === null && this.#floor === undefined;
    this.#isWaiting ||= must;
    return must;
  }

  #consideredFresh({ issuedAt }: Statement): void {
    if (this.#freshness.renew(issuedAt)) this.#listenForSilence();
  }

  /** Compares clocks by an answer, which was signed just now; a message over NATS may be a replay. */
  #checkClock(source: MessageSource, nowMs: number, issuedAt: number, outOfTime: boolean): void {
    if (source === 'answer') {
      if (this.#freshness.compareClocks(nowMs, issuedAt, outOfTime)) this.#parts.clockDoubtful();
    } else if (outOfTime && performance.now() > this.#pulls.lastAt + CLOCK_CHECK_MS) this.#pulls.soon('after');
  }

  /** Applies everything that follows the accepted position, with one commit. */
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
      // The last digest covers all steps: it is signed, and its set is the one that will be written.
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

  async #pull(requested: PullExtent): Promise<boolean> {
    if (this.#mustWait()) return true;
    try {
      // A change that could not be stored the last time needs no request.
      if (this.isBehind) this.#advance(performance.now());
      const bytes = await this.#parts.pull(requested === 'after' ? (this.#accepted?.statement ?? null) : null);
      this.#failedPulls = 0;
      this.receive(bytes, 'answer');
      this.#drain();
    } catch (error) {
      this.#failedPulls += 1;
      // As for refused messages: the log of a host that stays cut off must not grow without bound.
      if (!this.#stopped && isPowerOfTwo(this.#failedPulls))
        this.#parts.log.warn('pull failed', { error, count: this.#failedPulls });
      this.#pulls.pauseFor(retryAfterMsOf(error));
      return false;
    }
    return this.#accepted !== null && !this.isBehind && this.problem === null;
  }

  /** Requests the heartbeat from the service once NATS is late with it. */
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

  /** Plans the next poll, which no message over NATS delays. */
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

  #refuse(code: string, source: MessageSource): void {
    const count = (this.#refused[code] ?? 0) + 1;
    this.#refused[code] = count;
    // The 1st, 2nd, 4th, 8th… so that nobody can fill the disk.
    if (code !== 'OLD' && isPowerOfTwo(count)) this.#parts.log.warn('message refused', { code, source, count });
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
