import { setTimeout as delay } from 'node:timers/promises';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@trustcast/dev/backends/postgres.mjs';
import { EMPTY_SET, applyDelta, digestOf } from '@trustcast/schema';
import { afterAll, expect, test } from '@jest/globals';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import { TestAgent } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const CLIENTS = 8;
const PER_CLIENT = 15;

const stateDir = mkdtempSync(join(tmpdir(), 'trustcast-outage-'));
let postgres: Awaited<ReturnType<typeof startPostgres>>;
const harness = useHarness({
  given: async () => {
    // Below the ports of outgoing connections: one of those could take the server's while it is away.
    writeFileSync(join(stateDir, 'state.json'), JSON.stringify({ port: randomInt(20_000, 30_000) }));
    postgres = await startPostgres({ stateDir });
    return { databaseUrl: postgres.url };
  },
});
const services = [useService(harness), useService(harness)];
afterAll(async () => {
  await postgres.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

test('PostgreSQL is killed under load, twice: no acknowledged change is lost or doubled, revisions have no gap', async () => {
  const environment = 'outage';
  await createEnvironment(services[0]!, environment);
  const agent = await TestAgent.enroll(services[0]!, environment, 'host');
  const acknowledged = new Map<string, string>();
  let failures = 0;

  const client = async (number: number) => {
    for (let i = 0; i < PER_CLIENT; i++) {
      const name = `outage-${number}-${i}`;
      const input = {
        name,
        definitions: [pasted([environment], name, makeCertificate().pem)],
        idempotencyKey: name,
      };
      // A client that gets no answer asks again, of another process too, until it has one.
      for (let attempt = 0; !acknowledged.has(name); attempt++) {
        try {
          const { certificate, userErrors } = await createCertificate(services[(number + attempt) % 2]!, input);
          if (!certificate) throw new Error(`refused: ${JSON.stringify(userErrors)}`);
          acknowledged.set(name, certificate.id);
        } catch (error) {
          const { message } = error as Error;
          if (!message.includes('"code":"UNAVAILABLE"') && !message.includes('fetch failed')) throw error;
          failures++;
          await delay(20);
        }
      }
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  for (const share of [0.2, 0.6]) {
    await until(
      () => Promise.resolve(acknowledged.size),
      (size) => size >= CLIENTS * PER_CLIENT * share,
      { timeoutMs: 60_000 },
    );
    process.kill(postgres.pid!, 'SIGKILL');
    await postgres.stop();
    postgres = await startPostgres({ stateDir });
    expect(postgres.url).toBe(harness.databaseUrl);
  }
  await clients;
  expect(failures).toBeGreaterThan(0);

  const { rows } = await harness.sql.query<{ name: string; id: string }>('SELECT name, id FROM certificates');
  expect(new Map(rows.map(({ name, id }) => [name, id]))).toEqual(acknowledged);
  const log = await harness.sql.query<{ revision: string }>(
    'SELECT r.revision FROM revisions r JOIN environments e ON e.id = r.environment_id WHERE e.name = $1 ORDER BY 1',
    [environment],
  );
  expect(log.rows.map(({ revision }) => Number(revision))).toEqual(
    Array.from({ length: CLIENTS * PER_CLIENT }, (_, i) => i + 1),
  );

  const { message, statement } = await agent.pull();
  const { installation, environment: scope } = agent.registration;
  expect(statement.revision).toBe(CLIENTS * PER_CLIENT);
  expect(digestOf({ installation, environment: scope.id }, applyDelta(EMPTY_SET, message))).toBe(statement.digest);
  await until(
    () =>
      harness.sql.query<{ revision: string }>('SELECT revision FROM publications WHERE environment_id = $1', [
        scope.id,
      ]),
    ({ rows: [row] }) => Number(row?.revision) === CLIENTS * PER_CLIENT,
  );
  for (const { url } of services)
    await until(
      async () => (await fetch(`${url}/readyz`)).status,
      (status) => status === 200,
    );
}, 120_000);
