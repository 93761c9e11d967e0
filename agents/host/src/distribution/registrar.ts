import { hostname } from 'node:os';
import type { Log } from '@trustcast/config';
import {
  type Registration,
  TrustcastError,
  plainText,
  registrationTokenOf,
  signRegistrationRequest,
} from '@trustcast/schema';
import { ServiceRequestError, retryAfterMsOf } from '../errors.js';
import { AGENT_VERSION } from '../version.js';
import { Backoff } from './backoff.js';
import type { Keyring } from './keyring.js';
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

export interface RegistrarParts {
  readonly http: ServiceClient;
  /** Null where the host is enrolled. */
  readonly token: string | null;
  readonly key: AgentKey;
  readonly keyring: Keyring;
  readonly log: Log;
}

export interface RegistrarEvents {
  readonly onRegistered: (registration: Registration) => void | Promise<void>;
  readonly changed: () => void;
  readonly refused: (refusal: string | null) => void;
}

/** Registers with the service, with retries, and accepts only answers that a believed key has signed for this very request. */
export class Registrar {
  readonly #parts: RegistrarParts;
  readonly #events: RegistrarEvents;
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

  constructor(parts: RegistrarParts, events: RegistrarEvents) {
    this.#parts = parts;
    this.#events = events;
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
      const { token, http, key, keyring } = this.#parts;
      const said = {
        hostname: plainText(hostname(), 255),
        agentVersion: AGENT_VERSION,
        token: token === null ? null : registrationTokenOf(token),
      };
      const request = await signRegistrationRequest(said, key.current);
      const askedAt = performance.now();
      const answer = await http.register(request);
      if (performance.now() - askedAt > ANSWER_MS)
        throw new TrustcastError('REGISTRATION_LATE', `the answer came after more than ${ANSWER_MS / 1_000} s`);
      const registration = keyring.registrationIn(answer, request);
      if (this.#stopped) return;
      await this.#events.onRegistered(registration);
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
      const refusal = refusalOf(error, this.#parts.http.directory, this.#parts.token === null);
      // A repeated answer is not logged: a retry every half minute would be a line each.
      if (refusal === null || refusal !== this.#refusal)
        this.#parts.log.warn('registration failed', { error, refusal });
      this.#refusals = refusal === null ? 0 : this.#refusals + 1;
      this.#refusal = refusal;
      this.#events.refused(refusal);
      const patience = this.#refusals < PATIENCE ? this.#backoff : this.#slow;
      this.#timer = setTimeout(() => void this.#try(), Math.max(patience.nextMs(), retryAfterMsOf(error)));
    } finally {
      this.#busy = false;
      if (!this.#stopped) this.#events.changed();
    }
  }
}

/** Refusal that only an administrator can change: token or key are unknown or revoked, or the token belongs to another key. */
function refusalOf(error: unknown, directory: string, isEnrolled: boolean): string | null {
  if (!(error instanceof ServiceRequestError) || !error.answer) return null;
  if (error.answer.status === 401) return unknownHere(error.answer, isEnrolled);
  return error.answer.status === 409 ? keyRefused(error.answer, directory) : null;
}
