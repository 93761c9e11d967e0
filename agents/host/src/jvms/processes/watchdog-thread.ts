import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { HandMarks } from '../../state/hand-marks.js';
import { hungText } from './hung-process.js';
import { processId } from './process-id.js';
import { effectiveUidOf, startTicksOf } from './process-facts.js';
import { HUNG_PREFIX, type WatchdogData } from './watchdog.js';

const { shared, stateDirectory, watched, hangMs } = workerData as WatchdogData;
const look = new Int32Array(shared);
let before = { number: 0, pid: 0 };

/** Two ticks within one inspection mean that it has been blocked for that long. */
setInterval(() => {
  const now = { pid: Atomics.load(look, 0), number: Atomics.load(look, 1) };
  const hangs = now.pid !== 0 && now.number === before.number && before.pid !== 0;
  before = now;
  if (hangs) end(now.pid);
}, hangMs);

function end(pid: number): void {
  const startTicks = startTicksOf(pid);
  const id = startTicks === null ? '' : processId({ pid, startTicks });
  let isMarked = false;
  try {
    if (id !== '') new HandMarks(stateDirectory, HUNG_PREFIX).add(id);
    isMarked = id !== '';
  } finally {
    // The thread that prints and logs is the one that hangs.
    if (watched === 'agent') {
      const line = { level: 'error', time: new Date().toISOString(), msg: 'looking at a process hangs', pid };
      writeSync(1, `${JSON.stringify(line)}\n`);
    } else {
      const hung = hungText({ pid, uid: effectiveUidOf(pid), id });
      const next = isMarked ? '. Run the command again: it leaves that process out' : '';
      writeSync(2, `trustcast-agent: PROCESS_HUNG: ${hung}${next}\n`);
    }
    process.kill(process.pid, 'SIGKILL');
  }
}
