import { Worker } from 'node:worker_threads';
import { HandMarks } from '../../state/hand-marks.js';

/** Prefix of empty files in the state directory, one per process that the agent hung on. */
export const HUNG_PREFIX = 'hung-';
const HANG_MS = 5_000;
const THREAD = new URL('./watchdog-thread.js', import.meta.url);

export interface WatchdogData {
  /** The pid under inspection, 0 for none, and the number of the inspection. */
  readonly shared: SharedArrayBuffer;
  readonly stateDirectory: string;
  readonly hangMs: number;
}

/**
 * Ends the agent when it hangs in the inspection of a process: reading a mount of a process may block for ever, and no call of
 * Node has a deadline for that. The next agent, which systemd starts, leaves that process alone.
 */
export class Watchdog {
  readonly #stateDirectory: string;
  readonly #marks: HandMarks;
  readonly #look = new Int32Array(new SharedArrayBuffer(8));
  #thread: Worker | null = null;

  constructor(stateDirectory: string) {
    this.#stateDirectory = stateDirectory;
    this.#marks = new HandMarks(stateDirectory, HUNG_PREFIX);
  }

  start(hangMs = HANG_MS): void {
    const data = { shared: this.#look.buffer, stateDirectory: this.#stateDirectory, hangMs } as WatchdogData;
    this.#thread = new Worker(THREAD, { workerData: data, resourceLimits: { maxOldGenerationSizeMb: 8 } });
    this.#thread.unref();
    // Without the thread the agent works as well, but does not end where it hangs.
    this.#thread.on('error', () => (this.#thread = null));
  }

  /** Runs work that a process may block. */
  during<Result>(pid: number, work: () => Result): Result {
    Atomics.store(this.#look, 0, pid);
    Atomics.add(this.#look, 1, 1);
    try {
      return work();
    } finally {
      Atomics.store(this.#look, 0, 0);
    }
  }

  /** Ids of the processes that an agent of this directory hung on. */
  hungOn(): Set<string> {
    return this.#marks.ids();
  }

  /** Forgets the processes that have ended. */
  keep(running: () => ReadonlySet<string>): void {
    this.#marks.keep(running);
  }

  async stop(): Promise<void> {
    await this.#thread?.terminate();
  }
}
