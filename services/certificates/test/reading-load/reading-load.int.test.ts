import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { beforeAll, expect, test } from '@jest/globals';
import { leaderPid } from '../support/leader-pid.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, pasted } from '../support/mutations.js';
import { useHarness, useService } from '../support/use-harness.js';
import { EXPENSIVE } from './expensive-queries.js';
import type { ReadersGiven, ReadersReport } from './reader-thread.js';
import { seedHistory } from './seed-history.js';

const DURATION_MS = 10_000;
const READERS = 24;

const harness = useHarness();
const service = useService(harness);

beforeAll(() => seedHistory(harness.sql, { environments: 2, revisions: 500, changes: 5 }));

test('readers who ask for the most that is accepted, all at once, cost the relay no lead and no publication', async () => {
  await service.logged('this process leads the relay');
  const leader = await leaderPid(harness.sql);
  const given: ReadersGiven = {
    url: service.url,
    token: service.token,
    queries: EXPENSIVE,
    readers: READERS,
    durationMs: DURATION_MS,
  };
  const readers = new Worker(new URL('reader-thread.js', import.meta.url), { workerData: given });
  const done = once(readers, 'message') as Promise<[ReadersReport]>;
  const leaders = new Set([leader]);
  const ended = new AbortController();
  const goesOn = () => !ended.signal.aborted;
  let created = 0;
  const beside = (async () => {
    while (goesOn()) {
      const name = `beside-${++created}`;
      const definitions = [pasted(['apimanager'], name, makeCertificate(name).pem)];
      expect((await createCertificate(service, { name, definitions })).userErrors).toEqual([]);
      expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
      leaders.add(await leaderPid(harness.sql));
      await delay(100);
    }
  })();
  const [report] = await done;
  ended.abort();
  await beside;

  process.stdout.write(`${JSON.stringify({ ...report, created })}\n`);
  expect(report.errors).toEqual([]);
  expect(report.answered).toBeGreaterThan(READERS);
  expect([...leaders]).toEqual([leader]);
  const { rows } = await harness.sql.query<{ behind: boolean }>(
    `SELECT e.revision > p.revision AS behind FROM environments e JOIN publications p ON p.environment_id = e.id
     WHERE e.name = 'apimanager' AND e.revision > p.revision + 5`,
  );
  expect(rows).toEqual([]);
}, 120_000);
