import { beforeAll, expect, test } from '@jest/globals';
import { seedHistory } from '../reading-load/seed-history.js';
import { ask } from '../support/service-process.js';
import { useHarness, useService } from '../support/use-harness.js';
import { hostileRun } from './hostile-run.js';

const harness = useHarness();
const service = useService(harness);

beforeAll(() => seedHistory(harness.sql, { environments: 2, revisions: 500, changes: 5 }));

/** A part of `npm run test:hostile`, whose figures hold for a machine that does nothing else. */
test('twenty seconds of hostile callers leaves the service alive, with its lead, in bounded memory, and of use', async () => {
  const report = await hostileRun(service, harness.sql, 20_000);
  process.stdout.write(`${JSON.stringify(report)}\n`);
  expect(Math.min(...Object.values(report.rounds))).toBeGreaterThan(0);
  expect(report.leaders).toHaveLength(1);
  expect(report.residentMb.worst - report.residentMb.before).toBeLessThan(600);
  expect(report.healthMs.p99).toBeLessThan(5_000);
  expect(report.mutationMs.worst).toBeLessThan(20_000);
  expect((await ask(service.url, service.token, '{ environments { name } }')).status).toBe(200);
}, 120_000);
