import { hostname } from 'node:os';
import type { Log } from '@trustcast/config';
import {
  type Registration,
  TrustcastError,
  plainText,
  registrationTokenOf,
  signRegistrationRequest,
  verifyRegistration,
} from '@trustcast/schema';
import type { ServiceAccess } from '../config.js';
import { ServiceRequestError, retryAfterMsOf } from '../errors.js';
import { AGENT_VERSION } from '../version.js';
import { Backoff } from './backoff.js';
import type { ServiceClient } from './service-client.js';
import type { AgentKey } from '../state/agent-key.js';
import { keyRefused, unknownHere } from './service-trouble.js';

/** Minimum interval of registrations caused by refused credentials and unknown keys. */
const AGAIN_MS = 30_000;
/** Number of refusals in a row after which retries wait for minutes. */
const PATIENCE = 4;
const REFUSED_MS = 60_000;
/** Maximum age of an answer: it is signed for its request, and a man in the middle must not choose how long he holds it back. */
const ANSWER_MS = 30_000;

/** Registers with the service, with retries, and accepts only answers that a pinned key has signed for this very request. */
export class Registrar {
  readonly #client: ServiceClient;
  readonly #access: ServiceAccess;
  readonly #key: AgentKey;
  readonly #onRegistered: (registration: Registration) => void | Promise<void>;
  readonly #changed: () => void;
  readonly #log: Log;
  readonly #refused: (refusal: string | null) => void;
  readonly #backoff = new Backoff(500, 30_000);
  readonly #slow = new Backoff(REFUSED_MS, 10 * REFUSED_MS);
  /** Number of refusals in a row that only an administrator can change. */
  #refusals = 0;
  #refusal: string | null = null;
  #timer: NodeJS.Timeout | undefined;
  #busy = false;
  #registeredAt = -Infinity;
  #stopped = false;
  #problem: string | null = null;

  constructor(
    client: ServiceClient,
    access: ServiceAccess,
    key: AgentKey,
    log: Log,
    onRegistered: (registration: Registration) => void | Promise<void>,
    changed: () => void,
    refused: (refusal: string | null) => void,
  ) {
    this.#refused = refused;
    this.#changed = changed;
    this.#client = client;
    this.#access = access;
    this.#key = key;
    this.#log = log;
    this.#onRegistered = onRegistered;
  }

  /** Reason why the last answer was not accepted, which may be another's than the service's; null where it was. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Reason why the service refuses this agent, which only an administrator can change; null where it does not, or is not reached. */
  get refusal(): string | null {
    return this.#refusal;
  }

  /** Registers, with retries. Does nothing while an attempt is running or planned. */
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
      const token = this.#access.token === null ? null : registrationTokenOf(this.#access.token);
      const said = { hostname: plainText(hostname(), 255), agentVersion: AGENT_VERSION, token };
      const request = await signRegistrationRequest(said, this.#key.current);
      const askedAt = performance.now();
      const answer = await this.#client.register(request);
      if (performance.now() - askedAt > ANSWER_MS)
        throw new TrustcastError('REGISTRATION_LATE', `the answer came after more than ${ANSWER_MS / 1_000} s`);
      const registration = await verifyRegistration(answer, request, this.#access.pinnedKeys);
      if (this.#stopped) return;
      await this.#onRegistered(registration);
      this.#problem = null;
      this.#registeredAt = performance.now();
      this.#backoff.reset();
      this.#refusals = 0;
      this.#refusal = null;
    } catch (error) {
      if (this.#stopped) return;
      // A missing answer is no evidence of another sender.
      if (error instanceof TrustcastError && !(error instanceof ServiceRequestError))
        this.#problem = `REGISTRATION_NOT_BELIEVED: ${error.code}: ${error.message}`;
      const refusal = refusalOf(error, this.#client.directory, this.#access.token === null);
      // A repeated answer is not logged: a retry every half minute would be a line each.
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

/** Refusal that only an administrator can change: token or key are unknown or revoked, or the token belongs to another key. */
function refusalOf(error: unknown, directory: string, isEnrolled: boolean): string | null {
  if (!(error instanceof ServiceRequestError) || !error.answer) return null;
  if (error.answer.status === 401) return unknownHere(error.answer, isEnrolled);
  return error.answer.status === 409 ? keyRefused(error.answer, directory) : null;
}
