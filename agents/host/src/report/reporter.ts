import { HEARTBEAT_INTERVAL_MS } from '@trustcast/schema';
import { errnoOf } from '../errors.js';
import type { Log } from '../log.js';

/** Changes within this after a report go into the next one; a burst of JVMs makes two reports, not twenty. */
const PAUSE_MS = 3;
const PAUSE_MS_PER_KB = 0.1;

/** Sends what there is to say: the first change at once, then what has gathered, and all of it every 15 s. */
export class Reporter {
  readonly #compose: () => Promise<string>;
  readonly #send: (compact: string) => boolean;
  readonly #log: Log;
  #busy = false;
  #dirty = false;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  #repeat: NodeJS.Timeout;

  constructor(compose: () => Promise<string>, send: (compact: string) => boolean, log: Log) {
    this.#compose = compose;
    this.#send = send;
    this.#log = log;
    this.#repeat = setInterval(() => this.changed(), HEARTBEAT_INTERVAL_MS);
  }

  /** Something that is reported has changed, or the other side may have missed it. */
  changed(): void {
    this.#dirty = true;
    if (!this.#busy) void this.#report();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#repeat);
    clearTimeout(this.#timer);
  }

  async #report(): Promise<void> {
    this.#busy = true;
    this.#dirty = false;
    let pauseMs = PAUSE_MS;
    try {
      const compact = await this.#compose();
      if (!this.#stopped) this.#send(compact);
      pauseMs += (compact.length / 1_024) * PAUSE_MS_PER_KB;
    } catch (error) {
      this.#log.error('status cannot be sent', { error, code: errnoOf(error) });
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#busy = false;
      if (this.#dirty) void this.#report();
    }, pauseMs);
  }
}
