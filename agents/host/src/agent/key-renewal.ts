import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '@trustcast/config';
import type { ServiceAccess } from '../config.js';
import { Backoff } from '../distribution/backoff.js';
import type { Keyring } from '../distribution/keyring.js';
import type { ServiceClient } from '../distribution/service-client.js';
import { type AgentKey, begunKey, keyAgeMs, keyIdOf } from '../state/agent-key.js';
import { readEnrollment } from '../state/enrollment-store.js';
import { HandMarks } from '../state/hand-marks.js';
import { renewKey } from './renew-key.js';

export interface KeyRenewalParts {
  /** The state directory. */
  readonly state: string;
  readonly service: Pick<ServiceAccess, 'token'>;
  readonly keyring: Keyring;
  readonly key: AgentKey;
  readonly http: ServiceClient;
  /** Age at which the key is renewed, in days; 0: never. */
  readonly days: number;
  /** Called when another key has taken over. */
  readonly renewed: () => void;
  readonly log: Log;
}

const LOOK_MS = 1_000;
/** How long the start waits for a renewal that was interrupted. */
const START_MS = 3_000;
const DAY_MS = 86_400_000;

/** A renewal that the command line has asked for. */
export function renewalMark(stateDirectory: string): { add: () => void; isSet: () => boolean; remove: () => void } {
  const marks = new HandMarks(stateDirectory, 'renew-');
  return { add: () => marks.add('key'), isSet: () => marks.has('key'), remove: () => marks.remove('key') };
}

/** Renews the key of a running agent: when it is old, when it is told to, and where that was begun before. */
export class KeyRenewal {
  readonly #parts: KeyRenewalParts;
  readonly #mark: ReturnType<typeof renewalMark>;
  readonly #backoff = new Backoff(1_000, 5 * 60_000);
  /** Hosts that enrolled together do not renew together. */
  readonly #maxAgeMs: number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(parts: KeyRenewalParts) {
    this.#parts = parts;
    this.#mark = renewalMark(parts.state);
    this.#maxAgeMs = parts.days === 0 ? Infinity : parts.days * DAY_MS * (0.9 + Math.random() / 10);
  }

  /** Resolves when what was begun before has been tried once more, or takes its time. */
  async start(): Promise<void> {
    const { service, state } = this.#parts;
    if (service.token !== null) return;
    const looked = this.#look();
    if (await begunKey(state)) await Promise.race([looked, delay(START_MS, undefined, { ref: false })]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #look(): Promise<void> {
    this.#running = this.#renewIfDue().then((waitMs) => {
      if (!this.#stopped) this.#timer = setTimeout(() => void this.#look(), waitMs);
    });
    return this.#running;
  }

  /** @returns milliseconds until the next look */
  async #renewIfDue(): Promise<number> {
    const { state, key, http, keyring, renewed, log } = this.#parts;
    try {
      if (!(await this.#isDue())) return LOOK_MS;
      const enrollment = readEnrollment(state);
      if (!enrollment) return LOOK_MS;
      const before = keyIdOf(key.current);
      await renewKey({ state, enrollment, key, http, keyring });
      if (this.#mark.isSet()) this.#mark.remove();
      this.#backoff.reset();
      log.info('the key of this host was renewed', { before, after: keyIdOf(key.current) });
      renewed();
      return LOOK_MS;
    } catch (error) {
      log.warn('the key of this host is not renewed yet; trying again', { error });
      return this.#backoff.nextMs();
    }
  }

  async #isDue(): Promise<boolean> {
    const { state } = this.#parts;
    if (this.#mark.isSet()) return true;
    if ((keyAgeMs(state) ?? 0) > this.#maxAgeMs) return true;
    return (await begunKey(state)) !== null;
  }
}
