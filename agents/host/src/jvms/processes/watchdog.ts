import { Worker } from 'node:worker_threads';
import { HandMarks } from '../../state/hand-marks.js';

/** Empty files of the state directory, one per process that the agent hung on. */
export const HUNG_PREFIX = 'hung-';
const HANG_MS = 5_000;
const THREAD = new URL('./watchdog-thread.js', import.meta.url);

export interface WatchdogData {
  /** The pid that is looked at, 0 for none; the number of the look. */
  readonly shared: SharedArrayBuffer;
  readonly stateDirectory: string;
  readonly hangMs: number;
}

/**
 * Ends the agent when it hangs in a look at a process: reading what a process has mounted may wait for ever, and no call of
 * Node has a deadline for that. Whoever starts the agent again (systemd) gets one that leaves the process alone.
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
    // Without it the agent does its work as well; it only has no end where it hangs.
    this.#thread.on('error', () => (this.#thread = null));
  }

  /** Does work that may wait for what a process has put in its way. */
  during<Result>(pid: number, work: () => Result): Result {
    Atomics.store(this.#look, 0, pid);
    Atomics.add(this.#look, 1, 1);
    try {
      return work();
    } finally {
      Atomics.store(this.#look, 0, 0);
    }
  }

  /** Ids of processes that an agent of this directory hung on. */
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
