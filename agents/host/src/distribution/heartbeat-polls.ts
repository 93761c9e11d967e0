import { HEARTBEAT_INTERVAL_MS } from '@trustcast/schema';

/** NATS is silent when a heartbeat is late by up to this much. */
const HEARTBEAT_GRACE_MS = 5_000;
/** Interval of polls, give or take a tenth, however busy NATS is: messages that NATS withholds arrive this way. */
const POLL_INTERVAL_MS = 5 * 60_000;

/** Requests heartbeats from the service: once NATS is late with one, and at an interval that no message over NATS changes. */
export class HeartbeatPolls {
  readonly #fetch: () => Promise<void>;
  #silenceTimer: NodeJS.Timeout | undefined;
  #pollTimer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param fetch requests a heartbeat. It must not throw. */
  constructor(fetch: () => Promise<void>) {
    this.#fetch = fetch;
  }

  start(): void {
    this.restartWait();
    this.#pollTimer ??= this.#planPoll();
  }

  /** Waits anew for the next heartbeat over NATS. */
  restartWait(): void {
    clearTimeout(this.#silenceTimer);
    if (this.#stopped) return;
    const delayMs = HEARTBEAT_INTERVAL_MS + HEARTBEAT_GRACE_MS * Math.random();
    this.#silenceTimer = setTimeout(() => void this.#afterSilence(), delayMs);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#silenceTimer);
    clearTimeout(this.#pollTimer);
  }

  async #afterSilence(): Promise<void> {
    await this.#fetch();
    this.restartWait();
  }

  #planPoll(): NodeJS.Timeout {
    return setTimeout(() => void this.#poll(), POLL_INTERVAL_MS * (0.9 + 0.2 * Math.random()));
  }

  async #poll(): Promise<void> {
    await this.#fetch();
    if (!this.#stopped) this.#pollTimer = this.#planPoll();
  }
}
