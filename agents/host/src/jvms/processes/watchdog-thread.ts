import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { HandMarks } from '../../state/hand-marks.js';
import { processId } from './process-id.js';
import { startTicksOf } from './process-facts.js';
import { HUNG_PREFIX, type WatchdogData } from './watchdog.js';

const { shared, stateDirectory, hangMs } = workerData as WatchdogData;
const look = new Int32Array(shared);
let before = { number: 0, pid: 0 };

/** Two ticks within one inspection mean that it has been blocked for that long. */
setInterval(() => {
  const now = { pid: Atomics.load(look, 0), number: Atomics.load(look, 1) };
  const hangs = now.pid !== 0 && now.number === before.number && before.pid !== 0;
  before = now;
  if (!hangs) return;
  const startTicks = startTicksOf(now.pid);
  try {
    if (startTicks !== null) new HandMarks(stateDirectory, HUNG_PREFIX).add(processId({ pid: now.pid, startTicks }));
  } finally {
    // The thread that logs is the one that hangs.
    const line = { level: 'error', time: new Date().toISOString(), msg: 'looking at a process hangs', pid: now.pid };
    writeSync(1, `${JSON.stringify(line)}\n`);
    process.kill(process.pid, 'SIGKILL');
  }
}, hangMs);
