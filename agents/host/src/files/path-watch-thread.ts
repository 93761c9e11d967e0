import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { printable } from '@trustcast/terminal';
import { callOf, pathOfCall } from './hung-path.js';
import type { PathWatchData } from './path-watch.js';

const { shared, hangMs } = workerData as PathWatchData;
const state = new Int32Array(shared);
let before: { readonly beats: number; readonly call: string | null } = { beats: -1, call: null };

/** The same call at two ticks, and no beat between them, mean that it has been blocked for that long. */
setInterval(() => {
  // The first thread of a process has the number of the process.
  const now = { beats: Atomics.load(state, 0), call: callOf(process.pid) };
  const isBlocked = now.call === before.call && now.beats === before.beats && Atomics.load(state, 1) === 0;
  before = now;
  const path = isBlocked && now.call !== null ? pathOfCall(now.call) : null;
  if (path === null) return;
  const what = `${path} does not answer: its file system, for example one of the network, is not reachable`;
  writeSync(
    2,
    printable(`trustcast-agent: PATH_HUNG: ${what}. Mount it again, or name another path, and run the command again\n`),
  );
  process.kill(process.pid, 'SIGKILL');
}, hangMs);
