import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';
import { startPostgres } from '@trustcast/dev/backends/postgres.mjs';
import { until } from '../support/harness.js';
import { useHarness } from '../support/use-harness.js';

const MAIN = fileURLToPath(new URL('../../bundle/main.js', import.meta.url));
const stateDir = mkdtempSync(join(tmpdir(), 'trustcast-away-'));
let postgres: Awaited<ReturnType<typeof startPostgres>>;
const harness = useHarness({
  given: async () => {
    writeFileSync(join(stateDir, 'state.json'), JSON.stringify({ port: randomInt(20_000, 30_000) }));
    postgres = await startPostgres({ stateDir });
    return { databaseUrl: postgres.url };
  },
});
afterAll(async () => {
  await postgres.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

const warnings = (output: string) => output.split('\n').filter((line) => /^\{"level":"(warn|error)"/.test(line));

test('a service that starts while PostgreSQL is away listens, says why, answers 503, comes up by itself and ends at once', async () => {
  await postgres.stop();
  const service = harness.launch();
  const { url } = (await service.record('listening; not ready until the database is')) as { url: string };
  const ready = await fetch(`${url}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.json()).toMatchObject({
    reasons: ['DATABASE_UNAVAILABLE'],
    problems: [{ code: 'DATABASE_UNAVAILABLE', cause: expect.stringContaining('ECONNREFUSED') }],
  });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  const refused = await fetch(`${url}/graphql`, { method: 'POST', body: '{"query":"{ __typename }"}' });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  expect(await refused.json()).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
  expect(warnings(service.output())).toHaveLength(1);

  const second = harness.launch();
  await second.record('listening; not ready until the database is');
  const endedAt = performance.now();
  expect(await second.stop()).toBe(0);
  expect(performance.now() - endedAt).toBeLessThan(5_000);

  postgres = await startPostgres({ stateDir });
  expect(await service.record('ready')).toMatchObject({ url });
  expect((await fetch(`${url}/readyz`)).status).toBe(200);

  // It outlives the next outage, tells of it once for each of its connections, and without a stack.
  await postgres.stop();
  await until(
    async () => (await fetch(`${url}/readyz`)).status,
    (status) => status === 503,
  );
  const metrics = await fetch(`${url}/readyz`);
  expect(await metrics.json()).toMatchObject({ reasons: expect.arrayContaining(['DATABASE_UNAVAILABLE']) });
  postgres = await startPostgres({ stateDir });
  await until(
    async () => (await fetch(`${url}/readyz`)).status,
    (status) => status === 200,
  );
  expect(warnings(service.output()).length).toBeLessThanOrEqual(8);
  expect(service.output()).not.toContain('"stack"');
});

test('a process that may have too few files says so, and what to do', async () => {
  const run = promisify(execFile)('sh', ['-c', `ulimit -n 64; exec "${process.execPath}" "${MAIN}" serve`], {
    env: { PATH: process.env.PATH, ...harness.environmentVariables },
  });
  await expect(run).rejects.toMatchObject({
    code: 78,
    stderr: expect.stringMatching(/^this process may have 64 open files.*ulimit -n 65536.*\n$/),
  });
});
