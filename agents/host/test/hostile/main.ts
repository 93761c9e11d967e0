import { parseArgs } from 'node:util';
import { startNats } from '../support/backends.js';
import { Host } from '../support/host.js';
import { hostileRun } from './hostile-run.js';

/** `npm run test:hostile-host -- [--minutes 10]`: says what a hostile user did to an agent, and fails when it was too much. */
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error('--minutes must be a number above 0');
const nats = await startNats();
const host = await Host.start(nats);
try {
  const report = await hostileRun(host, minutes * 60_000);
  const held = {
    'a removal arrives within 1 s, each time': report.removalMs.worst < 1_000,
    'the agent is the same process': report.sameProcess,
    'memory stays below 400 MB': report.residentMb.worst < 400,
    'no file of others is touched': report.touched.length === 0,
    'the covered JVM is LIVE afterwards': report.jvm === 'LIVE',
  };
  process.stdout.write(`${JSON.stringify({ minutes, ...report, held }, null, 2)}\n`);
  process.exitCode = Object.values(held).every(Boolean) ? 0 : 1;
} finally {
  await host.stop();
  await nats.stop();
}
