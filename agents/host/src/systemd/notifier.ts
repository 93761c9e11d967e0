import { execFile } from 'node:child_process';
import type { Log } from '@trustcast/config';
import { printableLine } from '@trustcast/terminal';

/** Access to the service manager that started the agent (sd_notify(3)). */
export interface SystemdAccess {
  readonly socket: string;
  /** Time without a sign of life after which it kills the agent; null: never. */
  readonly watchdogMs: number | null;
}

const SEND_MS = 10_000;
/** A state may change many times in a second. */
const STATUS_MS = 2_000;

/**
 * Notifies systemd of readiness, status and liveness. Node has no datagram sockets of the file system, so
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

  /** Starts the sign of life, which the event loop sends: an agent that hangs sends none. */
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
  status(line: string): void {
    // A second line would be a separate assignment to systemd.
    const text = printableLine(line);
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

  /** Sends one after the other, so that the last one holds. */
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
