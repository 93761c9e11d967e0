import { Worker, type WorkerOptions } from 'node:worker_threads';
import { embeddedText } from '@trustcast/config';

const HANG_MS = 5_000;
const BEAT_MS = 500;

export interface PathWatchData {
  /** Beats of the thread that works, and whether it inspects a process, which has a watch of its own. */
  readonly shared: SharedArrayBuffer;
  readonly hangMs: number;
}

const state = new Int32Array(new SharedArrayBuffer(8));

/**
 * Ends this command when a path does not come back: a file system that does not answer blocks the thread that works, and no call of
 * Node has a deadline for that. Whatever the command touches, its own settings or what they lead to, is named then.
 */
export function watchPaths(hangMs = HANG_MS): void {
  setInterval(() => Atomics.add(state, 0, 1), BEAT_MS).unref();
  const workerData: PathWatchData = { shared: state.buffer, hangMs };
  const thread = startThread({ workerData, resourceLimits: { maxOldGenerationSizeMb: 8 } });
  thread.unref();
  // Without the thread all works as well, but does not end where it hangs.
  thread.on('error', () => null);
}

/** Leaves it to the watchdog of processes to end what hangs. */
export function inspecting(isInspecting: boolean): void {
  Atomics.store(state, 1, isInspecting ? 1 : 0);
}

function startThread(options: WorkerOptions): Worker {
  const embedded = embeddedText('path-watch-thread.js');
  return embedded === null
    ? new Worker(new URL('./path-watch-thread.js', import.meta.url), options)
    : new Worker(embedded, { ...options, eval: true });
}
