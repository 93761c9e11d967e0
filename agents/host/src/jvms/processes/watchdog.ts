import { Worker, type WorkerOptions } from 'node:worker_threads';
import { embeddedText } from '@trustcast/config';
import { inspecting } from '../../files/path-watch.js';
import { HandMarks } from '../../state/hand-marks.js';

/** Prefix of empty files in the state directory, one per process that somebody hung on. */
export const HUNG_PREFIX = 'hung-';
const HANG_MS = 5_000;

/** Who looks at processes: the agent, which is started again, or a command that somebody has run. */
export type Watched = 'agent' | 'command';

export interface WatchdogData {
  /** The pid under inspection, 0 for none, and the number of the inspection. */
  readonly shared: SharedArrayBuffer;
  readonly stateDirectory: string;
  readonly watched: Watched;
  readonly hangMs: number;
}

/**
 * Ends this program when it hangs in the inspection of a process: reading a mount or the memory of a process may block for ever,
 * and no call of Node has a deadline for that. The next agent, which systemd starts, and the next command leave that process
 * alone.
 */
export class Watchdog {
  readonly #stateDirectory: string;
  readonly #watched: Watched;
  readonly #marks: HandMarks;
  readonly #look = new Int32Array(new SharedArrayBuffer(8));
  #thread: Worker | null = null;

  constructor(stateDirectory: string, watched: Watched = 'agent') {
    this.#stateDirectory = stateDirectory;
    this.#watched = watched;
    this.#marks = new HandMarks(stateDirectory, HUNG_PREFIX);
  }

  start(hangMs = HANG_MS): void {
    const { buffer: shared } = this.#look;
    const data = { shared, stateDirectory: this.#stateDirectory, watched: this.#watched, hangMs } as WatchdogData;
    this.#thread = startThread({ workerData: data, resourceLimits: { maxOldGenerationSizeMb: 8 } });
    this.#thread.unref();
    // Without the thread all works as well, but does not end where it hangs.
    this.#thread.on('error', () => (this.#thread = null));
  }

  /** The time limit of a scan: none for people, who want to see everything. */
  budgetMs(ofAgentMs: number): number {
    return this.#watched === 'agent' ? ofAgentMs : Infinity;
  }

  /** Runs work that a process may block. */
  during<Result>(pid: number, work: () => Result): Result {
    inspecting(true);
    Atomics.store(this.#look, 0, pid);
    Atomics.add(this.#look, 1, 1);
    try {
      return work();
    } finally {
      Atomics.store(this.#look, 0, 0);
      inspecting(false);
    }
  }

  /** Ids of the processes that somebody hung on who looked for this directory. */
  hungOn(): Set<string> {
    return this.#marks.ids();
  }

  /** True for one of {@link hungOn}. */
  hasHung(id: string): boolean {
    return this.#marks.has(id);
  }

  /** Forgets the processes that have ended. */
  keep(running: () => ReadonlySet<string>): void {
    this.#marks.keep(running);
  }

  async stop(): Promise<void> {
    await this.#thread?.terminate();
  }
}

function startThread(options: WorkerOptions): Worker {
  const embedded = embeddedText('watchdog-thread.js');
  return embedded === null
    ? new Worker(new URL('./watchdog-thread.js', import.meta.url), options)
    : new Worker(embedded, { ...options, eval: true });
}
