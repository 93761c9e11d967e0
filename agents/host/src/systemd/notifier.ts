import { execFile } from 'node:child_process';
import type { Log } from '@trustcast/config';
import { printableLine } from '@trustcast/terminal';

/** How the service manager that started the agent is told of it (sd_notify(3)). */
export interface SystemdAccess {
  readonly socket: string;
  /** It ends the agent after so long without a sign of life; null: never. */
  readonly watchdogMs: number | null;
}

const SEND_MS = 10_000;
/** A state may change many times in a second. */
const STATUS_MS = 2_000;

/**
 * Tells systemd when the agent is ready, how it is, and that it lives. Node has no datagram sockets of the file system, so
 * `systemd-notify` sends, which is part of every systemd; its unit needs `NotifyAccess=all`.
 */
export class SystemdNotifier {
  readonly #access: SystemdAccess | null;
  readonly #log: Log;
  #sending: Promise<void> = Promise.resolve();
  #isReady = false;
  #failed = false;
  #status = '';
  #statusTimer: NodeJS.Timeout | undefined;
  #watchdogTimer: NodeJS.Timeout | undefined;

  constructor(access: SystemdAccess | null, log: Log) {
    this.#access = access;
    this.#log = log;
  }

  /** From now on the event loop gives the sign of life: it is missing where the agent hangs. */
  start(): void {
    const watchdogMs = this.#access?.watchdogMs;
    if (watchdogMs != null) this.#watchdogTimer = setInterval(() => this.#send('WATCHDOG=1'), watchdogMs / 3);
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Units that are ordered after the agent may start. */
  ready(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    this.#send('READY=1');
  }

  /** One line for `systemctl status`. */
  status(told: string): void {
    // A second line would be an order of its own to systemd.
    const text = printableLine(told);
    if (text === this.#status || this.#access === null) return;
    this.#status = text;
    this.#statusTimer ??= setTimeout(() => {
      this.#statusTimer = undefined;
      this.#send(`STATUS=${this.#status}`);
    }, STATUS_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#watchdogTimer);
    clearTimeout(this.#statusTimer);
    this.#send('STOPPING=1');
    await this.#sending;
  }

  /** One after the other: what is said last holds. */
  #send(assignment: string): void {
    const { socket } = this.#access ?? {};
    if (socket === undefined) return;
    this.#sending = this.#sending.then(
      () =>
        new Promise((resolve) => {
          const options = { env: { PATH: '/usr/bin:/bin', NOTIFY_SOCKET: socket }, timeout: SEND_MS };
          execFile('systemd-notify', [assignment], options, (error) => {
            if (error && !this.#failed) this.#log.warn('systemd cannot be notified', { error });
            this.#failed = error !== null;
            resolve();
          });
        }),
    );
  }
}
