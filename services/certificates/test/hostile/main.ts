import { parseArgs } from 'node:util';
import { makeHarness } from '../support/harness.js';
import { seedHistory } from '../reading-load/seed-history.js';
import { hostileRun } from './hostile-run.js';

/** `npm run test:hostile -- [--minutes 60]`: says what hostile callers did to a service, and fails when it was too much. */
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error('--minutes must be a number above 0');
const harness = await makeHarness({});
try {
  const service = await harness.start();
  await seedHistory(harness.sql, { environments: 2, revisions: 500, changes: 5 });
  const report = await hostileRun(service, harness.sql, minutes * 60_000);
  const held = {
    '/healthz answers within 100 ms (p99)': report.healthMs.p99 < 100,
    'mutations answer within 1 s': report.mutationMs.worst < 1_000,
    'the relay keeps its lead': report.leaders.length === 1,
    'memory grows by less than 600 MB': report.residentMb.worst - report.residentMb.before < 600,
  };
  process.stdout.write(`${JSON.stringify({ minutes, ...report, held }, null, 2)}\n`);
  process.exitCode = Object.values(held).every(Boolean) ? 0 : 1;
} finally {
  await harness.stop();
}
