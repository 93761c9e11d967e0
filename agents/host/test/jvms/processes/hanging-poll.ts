import { Watchdog } from '../../../src/jvms/processes/watchdog.js';

/** Looks at a process and never comes back, as reading from a file system that does not answer would. */
const [, , stateDirectory = '', pid = ''] = process.argv;
const watchdog = new Watchdog(stateDirectory);
watchdog.start(300);
// What was looked at in time is no reason to end.
for (let look = 0; look < 3; look += 1) watchdog.during(1, () => undefined);
setTimeout(() => {
  watchdog.during(Number(pid), () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
}, 1_000);
