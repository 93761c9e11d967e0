import { type Log, errnoOf } from '@trustcast/config';
import { REPORT_INTERVAL_MS } from '@trustcast/schema';

/** Pause after a report, which collects changes: a burst of JVMs makes two reports, not twenty. */
const PAUSE_MS = 3;
const PAUSE_MS_PER_KB = 0.1;
/** Spread of the interval, so that agents which started together do not report in step. */
const SPREAD = 0.1;

export interface ReporterParts<Status> {
  /** The current status. */
  readonly compose: () => Status;
  /** The part of a status whose change is reported. */
  readonly statusChangeKey: (status: Status) => string;
  readonly send: (status: Status) => Promise<number>;
  readonly log: Log;
}

/** Reports changes, the first at once and later ones collected, and repeats the status at an interval. */
export class Reporter<Status> {
  readonly #parts: ReporterParts<Status>;
  #busy = false;
  #dirty = false;
  #repeat = false;
  #stopped = false;
  #said: string | null = null;
  #timer: NodeJS.Timeout | undefined;
  #interval: NodeJS.Timeout | undefined;

  constructor(parts: ReporterParts<Status>) {
    this.#parts = parts;
    this.#plan();
  }

  /** Reports the status if it has changed. */
  changed(): void {
    this.#dirty = true;
    if (!this.#busy) void this.#report();
  }

  /** Reports the status again: the service may have missed the last one. */
  again(): void {
    this.#repeat = true;
    this.changed();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#interval);
    clearTimeout(this.#timer);
  }

  async #report(): Promise<void> {
    this.#busy = true;
    this.#dirty = false;
    let pauseMs = PAUSE_MS;
    try {
      const status = this.#parts.compose();
      const news = this.#parts.statusChangeKey(status);
      if (!this.#stopped && (this.#repeat || news !== this.#said)) {
        this.#repeat = false;
        this.#plan();
        pauseMs += ((await this.#parts.send(status)) / 1_024) * PAUSE_MS_PER_KB;
        this.#said = news;
      }
    } catch (error) {
      this.#parts.log.error('status cannot be sent', { error, code: errnoOf(error) });
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#busy = false;
      if (this.#dirty) void this.#report();
    }, pauseMs);
  }

  #plan(): void {
    clearTimeout(this.#interval);
    if (this.#stopped) return;
    this.#interval = setTimeout(
      () => {
        this.#plan();
        this.again();
      },
      REPORT_INTERVAL_MS * (1 - SPREAD + 2 * SPREAD * Math.random()),
    );
  }
}
