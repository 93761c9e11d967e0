import { hostname } from 'node:os';
import { type Registration, type SigningKey, plainText, publicJwkOf } from '@trustcast/schema';
import type { Log } from '../log.js';
import { AGENT_VERSION } from '../version.js';
import { Backoff } from './backoff.js';
import type { HttpRoad } from './http-road.js';

/** Refused credentials and unknown keys make the agent ask again, and no more often than this. */
const AGAIN_MS = 30_000;

/** Registers with the service, as often as it takes. */
export class Registrar {
  readonly #road: HttpRoad;
  readonly #key: SigningKey;
  readonly #told: (registration: Registration) => void | Promise<void>;
  readonly #log: Log;
  readonly #backoff = new Backoff(500, 30_000);
  #timer: NodeJS.Timeout | undefined;
  #busy = false;
  #registeredAt = -Infinity;
  #stopped = false;

  constructor(road: HttpRoad, key: SigningKey, log: Log, told: (registration: Registration) => void | Promise<void>) {
    this.#road = road;
    this.#key = key;
    this.#log = log;
    this.#told = told;
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
      const publicKey = await publicJwkOf(this.#key.privateKey);
      const registration = await this.#road.register({
        publicKey,
        hostname: plainText(hostname(), 255),
        agentVersion: AGENT_VERSION,
      });
      if (this.#stopped) return;
      await this.#told(registration);
      this.#registeredAt = performance.now();
      this.#backoff.reset();
    } catch (error) {
      if (this.#stopped) return;
      this.#log.warn('registration failed', { error });
      this.#timer = setTimeout(() => void this.#try(), this.#backoff.nextMs());
    } finally {
      this.#busy = false;
    }
  }
}
