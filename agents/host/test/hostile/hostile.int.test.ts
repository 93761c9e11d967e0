import { expect, test } from '@jest/globals';
import { useHost } from '../support/use-host.js';
import { hostileRun } from './hostile-run.js';

const host = useHost();

/** A part of `npm run test:hostile-host`, whose figures hold for a machine that does nothing else. */
test('twenty seconds of a hostile user leaves the agent alive, in bounded memory, prompt, and others’ files as they are', async () => {
  const report = await hostileRun(host, 20_000);
  process.stdout.write(`${JSON.stringify(report)}\n`);
  expect(Math.min(...Object.values(report.attacks))).toBeGreaterThan(0);
  expect(report.sameProcess).toBe(true);
  expect(report.touched).toEqual([]);
  expect(report.jvm).toBe('LIVE');
  expect(report.residentMb.worst).toBeLessThan(400);
  expect(report.removalMs.worst).toBeLessThan(10_000);
}, 180_000);
