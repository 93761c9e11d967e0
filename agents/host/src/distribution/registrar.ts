import { hostname } from 'node:os';
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
import { RoadError } from '../errors.js';
import type { Log } from '../log.js';
import { AGENT_VERSION } from '../version.js';
import { Backoff } from './backoff.js';
import type { HttpRoad } from './http-road.js';

/** Refused credentials and unknown keys make the agent ask again, and no more often than this. */
const AGAIN_MS = 30_000;

/** Registers with the service, as often as it takes, and believes only what a pinned key signed for this very request. */
export class Registrar {
  readonly #road: HttpRoad;
  readonly #access: ServiceAccess;
  readonly #key: SigningKey;
  readonly #told: (registration: Registration) => void | Promise<void>;
  readonly #changed: () => void;
  readonly #log: Log;
  readonly #backoff = new Backoff(500, 30_000);
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
  ) {
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
      const answer = await this.#road.register(request);
      const registration = await verifyRegistration(answer, request, this.#access.pinnedKeys);
      if (this.#stopped) return;
      await this.#told(registration);
      this.#problem = null;
      this.#registeredAt = performance.now();
      this.#backoff.reset();
    } catch (error) {
      if (this.#stopped) return;
      this.#log.warn('registration failed', { error });
      // No answer at all says nothing of who would give it.
      if (error instanceof TrustcastError && !(error instanceof RoadError))
        this.#problem = `REGISTRATION_NOT_BELIEVED: ${error.code}: ${error.message}`;
      this.#timer = setTimeout(() => void this.#try(), this.#backoff.nextMs());
    } finally {
      this.#busy = false;
      if (!this.#stopped) this.#changed();
    }
  }
}
