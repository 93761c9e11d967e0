import {
  type ChangeMessage,
  EMPTY_SET,
  type Position,
  type Registration,
  type Statement,
  comparePositions,
  decodeChangeMessage,
} from '@trustcast/schema';
import { isDoubling } from '../doubling.js';
import { retryAfterMsOf } from '../errors.js';
import { notWritten } from '../state/not-written.js';
import type { Accepted } from '../state/state-store.js';
import { applyChain } from './apply-chain.js';
import type { DistributionParts } from './distribution-parts.js';
import { Freshness } from './freshness.js';
import { HeartbeatPolls } from './heartbeat-polls.js';
import { type Candidate, PendingChanges } from './pending-changes.js';
import { type PullExtent, PullSchedule } from './pull-schedule.js';
import { type MessageSource, RefusedMessages, codeOf } from './refused-messages.js';
import type { Standing } from './standing.js';

/** Grace period for the predecessor of a message that does not follow the accepted position. */
const GAP_WAIT_MS = 200;
/** Minimum interval of requests caused by statements outside their validity, which may be replays. */
const CLOCK_CHECK_MS = 15_000;

/**
 * Receives messages from every source, accepts what protocol and signature allow, and fetches what is missing.
 *
 * Everything between a message and its commit is synchronous: messages that arrive together are applied in one write.
 */
export class Distribution {
  readonly #parts: DistributionParts;
  readonly #now: () => number;
  #pending = new PendingChanges();
  #freshness: Freshness;
  readonly #pulls = new PullSchedule((requested) => this.#pull(requested));
  readonly #heartbeats = new HeartbeatPolls(() => this.#fetchHeartbeat());
  readonly #refused: RefusedMessages;
  #queue: { bytes: Uint8Array; source: MessageSource; receivedAt: number }[] = [];
  readonly #standing: Standing;
  /** True where a pull was due before the floor was known. */
  #isWaiting = false;
  #equivocated = false;
  #failedPulls = 0;
  #stateProblem: string | null = null;
  #gapTimer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(parts: DistributionParts, standing: Standing) {
    this.#parts = parts;
    this.#standing = standing;
    this.#now = parts.now ?? Date.now;
    this.#refused = new RefusedMessages(parts.log);
    this.#freshness = new Freshness(parts.changed, this.#now);
  }

  get accepted(): Accepted | null {
    return this.#standing.accepted;
  }
  /** Messages refused since the start, by reason. */
  get refused(): Readonly<Record<string, number>> {
    return this.#refused.counts;
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
    this.#heartbeats.start();
  }

  /** Notes time and position from a registration, which were signed for this very request. */
  noteRegistration({ issuedAt, position }: Pick<Registration, 'issuedAt' | 'position'>): void {
    if (issuedAt !== undefined) this.#freshness.setServiceTime(issuedAt);
    this.#standing.noteFloor(position ?? null);
    if (this.#isWaiting) this.#pulls.now('after');
    this.#isWaiting = false;
  }

  /**
   * Forgets what was accepted by the word of a key that was taken back, which may be beyond everything that will ever come. The
   * truststore stays as it is until the set of `start` or later arrives.
   */
  startAgain(start: Position): void {
    this.#standing.startAgain(start);
    this.#pending = new PendingChanges();
    this.#equivocated = false;
    this.#freshness.stop();
    this.#freshness = new Freshness(this.#parts.changed, this.#now);
    this.#pulls.afresh('whole');
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
    this.#heartbeats.stop();
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
      if (message.keyList) this.#parts.takeKeys(message.keyList);
      statement = this.#parts.verify(message.statement);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'SIGNATURE_KEY_UNKNOWN') this.#parts.keyUnknown();
      this.#refused.add(code, source);
      return;
    }
    const nowMs = this.#now();
    const verdict = this.#standing.evaluate(statement, this.#parts.scope, nowMs);
    if (verdict !== 'WRONG_INSTALLATION' && verdict !== 'WRONG_ENVIRONMENT')
      this.#checkClock(source, nowMs, statement.issuedAt, verdict === 'EXPIRED' || verdict === 'NOT_YET_VALID');
    switch (verdict) {
      case 'CANDIDATE':
        this.#consideredFresh(statement);
        this.#addCandidate({ message, statement, bytes: bytes.byteLength, receivedAt }, source);
        return;
      case 'SAME':
        this.#consideredFresh(statement);
        this.#keepSignature(message.statement, statement);
        return;
      case 'EQUIVOCATION':
        this.#equivocated = true;
        this.#compareWithAccepted(statement);
        this.#refused.add(verdict, source);
        return;
      case 'OLD':
        this.#compareWithAccepted(statement);
        this.#refused.add(verdict, source);
        return;
      case 'WRONG_INSTALLATION':
      case 'WRONG_ENVIRONMENT':
      case 'EXPIRED':
      case 'NOT_YET_VALID':
        this.#refused.add(verdict, source);
    }
  }

  #addCandidate(candidate: Candidate, source: MessageSource): void {
    if (this.#mustWait()) return;
    // Without a high-water mark anything unexpired could be replayed; only answers to requests are accepted.
    if (!this.accepted && source !== 'answer') {
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
    const { statement } = this.accepted ?? {};
    if (this.#standing.isApplied && statement && issuedAt > statement.issuedAt) this.#parts.serviceBehind();
  }

  /** True where there is neither a mark nor a registration: nothing is accepted before the position of the service is known. */
  #mustWait(): boolean {
    this.#isWaiting ||= this.#standing.isUnknown;
    return this.#standing.isUnknown;
  }

  #consideredFresh({ issuedAt }: Statement): void {
    if (this.#freshness.renew(issuedAt)) this.#heartbeats.restartWait();
  }

  /** Keeps a statement that holds beside one of a key that was taken back: the next start believes the state by it. */
  #keepSignature(compact: string, statement: Statement): void {
    const { accepted } = this;
    if (!accepted || this.#parts.isBelieved(accepted.compact)) return;
    const next = { ...accepted, statement, compact };
    this.#standing.signAgain(next);
    this.#parts.signedAgain(next);
  }

  /** Compares clocks by an answer, which was signed just now; a message over NATS may be a replay. */
  #checkClock(source: MessageSource, nowMs: number, issuedAt: number, outOfTime: boolean): void {
    if (source === 'answer') {
      if (this.#freshness.compareClocks(nowMs, issuedAt, outOfTime)) this.#parts.clockDoubtful();
    } else if (outOfTime && performance.now() > this.#pulls.lastAt + CLOCK_CHECK_MS) this.#pulls.soon('after');
  }

  /** Applies everything that follows the accepted position, with one commit. */
  #advance(receivedAt: number): void {
    const chain = this.#pending.chainFrom(this.accepted?.statement ?? null);
    const last = chain.at(-1);
    const next = last && this.#apply(chain, last);
    if (next && this.#commit(next, chain, receivedAt)) {
      this.#standing.accept(next);
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
      return applyChain(this.accepted?.set ?? EMPTY_SET, chain, last);
    } catch (error) {
      this.#refused.add(codeOf(error), 'changed');
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
      this.#stateProblem = notWritten('STATE', error);
      this.#parts.log.error('state cannot be written; trying again, nothing was accepted', { error });
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
      const bytes = await this.#parts.pull(requested === 'after' ? (this.accepted?.statement ?? null) : null);
      this.#failedPulls = 0;
      this.receive(bytes, 'answer');
      this.#drain();
    } catch (error) {
      this.#failedPulls += 1;
      // As for refused messages: the log of a host that stays cut off must not grow without bound.
      if (!this.#stopped && isDoubling(this.#failedPulls))
        this.#parts.log.warn('pull failed', { error, count: this.#failedPulls });
      this.#pulls.pauseFor(retryAfterMsOf(error));
      return false;
    }
    return this.accepted !== null && !this.isBehind && this.problem === null;
  }

  async #fetchHeartbeat(): Promise<void> {
    try {
      this.receive(await this.#parts.heartbeat(), 'answer');
    } catch (error) {
      this.#parts.log.debug('heartbeat cannot be fetched', { error });
    }
  }
}
