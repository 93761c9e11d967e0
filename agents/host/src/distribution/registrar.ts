import { hostname } from 'node:os';
import type { Log } from '@trustcast/config';
import {
  type Registration,
  type SigningKey,
  TrustcastError,
  plainText,
  registrationTokenOf,
  signRegistrationRequest,
  verifyRegistration,
} from '@trustcast/schema';
import type { ServiceAccess } from '../config.js';
import { RoadError, retryAfterMsOf } from '../errors.js';
import { AGENT_VERSION } from '../version.js';
import { Backoff } from './backoff.js';
import type { HttpRoad } from './http-road.js';
import { TOKEN_UNKNOWN, keyRefused } from './service-trouble.js';

/** Refused credentials and unknown keys make the agent ask again, and no more often than this. */
const AGAIN_MS = 30_000;
/** After so many refusals in a row, the agent asks in minutes. */
const PATIENCE = 4;
const REFUSED_MS = 60_000;
/** What is signed for a request tells of the time between it and the answer; who holds that back must not choose how long ago. */
const ANSWER_MS = 30_000;

/** Registers with the service, as often as it takes, and believes only what a pinned key signed for this very request. */
export class Registrar {
  readonly #road: HttpRoad;
  readonly #access: ServiceAccess;
  readonly #key: SigningKey;
  readonly #told: (registration: Registration) => void | Promise<void>;
  readonly #changed: () => void;
  readonly #log: Log;
  readonly #refused: (refusal: string | null) => void;
  readonly #backoff = new Backoff(500, 30_000);
  readonly #slow = new Backoff(REFUSED_MS, 10 * REFUSED_MS);
  /** Answers in a row that only an administrator can change. */
  #refusals = 0;
  #refusal: string | null = null;
  #timer: NodeJS.Timeout | undefined;
  #busy = false;
  #registeredAt = -Infinity;
  #stopped = false;
  #problem: string | null = null;

  constructor(
    road: HttpRoad,
    access: ServiceAccess,
    key: SigningKey,
    log: Log,
    told: (registration: Registration) => void | Promise<void>,
    changed: () => void,
    refused: (refusal: string | null) => void,
  ) {
    this.#refused = refused;
    this.#changed = changed;
    this.#road = road;
    this.#access = access;
    this.#key = key;
    this.#log = log;
    this.#told = told;
  }

  /** Why the last answer was not believed: somebody other than the service may have given it. Null when it was. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Why the service lets this agent not register, which only an administrator can change; null when it does, or is not reached. */
  get refusal(): string | null {
    return this.#refusal;
  }

  /** Registers and, if that fails, again and again. Does nothing while a try is under way or planned. */
  register(): void {
    if (this.#busy || this.#timer || this.#stopped) return;
    const waitMs = Math.max(0, this.#registeredAt + AGAIN_MS - performance.now());
    this.#timer = setTimeout(() => void this.#try(), waitMs);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #try(): Promise<void> {
    this.#timer = undefined;
    this.#busy = true;
    try {
      const token = registrationTokenOf(this.#access.token);
      const said = { hostname: plainText(hostname(), 255), agentVersion: AGENT_VERSION, token };
      const request = await signRegistrationRequest(said, this.#key);
      const askedAt = performance.now();
      const answer = await this.#road.register(request);
      if (performance.now() - askedAt > ANSWER_MS)
        throw new TrustcastError('REGISTRATION_LATE', `the answer came after more than ${ANSWER_MS / 1_000} s`);
      const registration = await verifyRegistration(answer, request, this.#access.pinnedKeys);
      if (this.#stopped) return;
      await this.#told(registration);
      this.#problem = null;
      this.#registeredAt = performance.now();
      this.#backoff.reset();
      this.#refusals = 0;
      this.#refusal = null;
    } catch (error) {
      if (this.#stopped) return;
      // No answer at all says nothing of who would give it.
      if (error instanceof TrustcastError && !(error instanceof RoadError))
        this.#problem = `REGISTRATION_NOT_BELIEVED: ${error.code}: ${error.message}`;
      const refusal = refusalOf(error, this.#road.directory);
      // The same answer again is no news; asking every half minute would be a log line each.
      if (refusal === null || refusal !== this.#refusal) this.#log.warn('registration failed', { error, refusal });
      this.#refusals = refusal === null ? 0 : this.#refusals + 1;
      this.#refusal = refusal;
      this.#refused(refusal);
      const patience = this.#refusals < PATIENCE ? this.#backoff : this.#slow;
      this.#timer = setTimeout(() => void this.#try(), Math.max(patience.nextMs(), retryAfterMsOf(error)));
    } finally {
      this.#busy = false;
      if (!this.#stopped) this.#changed();
    }
  }
}

/** What only somebody else can change: the token is not known any more, or it has another agent's key. */
function refusalOf(error: unknown, directory: string): string | null {
  if (!(error instanceof RoadError) || !error.answer) return null;
  if (error.answer.status === 401) return `REVOKED: ${TOKEN_UNKNOWN}`;
  return error.answer.status === 409 ? keyRefused(error.answer, directory) : null;
}
