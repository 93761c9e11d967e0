import { beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { openDatabase } from '../../src/platform/postgres/database.js';
import { statement } from '../../src/platform/postgres/statement.js';
import { halfOpenProxy } from './half-open-proxy.js';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import { WebSocket } from 'ws';
import { TestAgent } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const LIST = '{ certificates(first: 10) { nodes { name } } }';

beforeAll(async () => {
  await createEnvironment(service, 'lanes');
  await createCertificate(service, {
    name: 'lanes',
    definitions: [pasted(['lanes'], 'lanes', makeCertificate().pem)],
  });
});

/** As long as `work` takes, nobody can read certificates. */
async function whileCertificatesAreLocked<T>(work: () => Promise<T>): Promise<T> {
  const holder: PoolClient = await harness.sql.connect();
  try {
    await holder.query('BEGIN; LOCK TABLE certificates IN ACCESS EXCLUSIVE MODE');
    return await work();
  } finally {
    await holder.query('ROLLBACK');
    holder.release();
  }
}

async function runningReads(): Promise<number> {
  const { rows } = await harness.sql.query<{ n: number }>(
    `SELECT count(*)::integer AS n FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'trustcast reads' AND state = 'active'`,
  );
  return rows[0]!.n;
}

function read(signal: AbortSignal): Promise<Response> {
  return fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${service.token}` },
    body: JSON.stringify({ query: LIST }),
    signal,
  });
}

describe('reads that hang', () => {
  test('keep neither mutations nor agents nor the relay nor /readyz waiting', async () => {
    const agent = await TestAgent.enroll(service, 'lanes', 'host-1');
    const gone = new AbortController();
    await whileCertificatesAreLocked(async () => {
      const reads = Array.from({ length: 20 }, () => read(gone.signal).catch(() => null));
      await until(runningReads, (running) => running >= 8);
      const before = (await agent.pull()).statement.revision;
      const nats = await harness.connectNats();
      const heard = nats.subscribe('trustcast.*.beside.changed', { max: 1 });
      expect(await createEnvironment(service, 'beside')).toMatch(/-/);
      expect((await agent.pull()).statement.revision).toBe(before);
      expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
      expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
      expect(await (await fetch(`${service.url}/metrics`)).text()).toMatch(/^trustcast_relay_leader 1$/m);
      for await (const { data } of heard) expect(data.length).toBeGreaterThan(0);
      gone.abort();
      await Promise.all(reads);
    });
  }, 60_000);

  test('end in PostgreSQL when their clients go away, and their connections serve others', async () => {
    const gone = new AbortController();
    await whileCertificatesAreLocked(async () => {
      const reads = Array.from({ length: 12 }, () => read(gone.signal).catch(() => null));
      await until(runningReads, (running) => running >= 8);
      gone.abort();
      await Promise.all(reads);
      expect(await until(runningReads, (running) => running === 0, { timeoutMs: 5_000 })).toBe(0);
      expect((await service.graphql('{ environments { name } }')).errors).toBeUndefined();
    });
    expect(await service.query(LIST)).toMatchObject({ certificates: { nodes: [{ name: 'lanes' }] } });
  }, 60_000);
});

test('reads over a WebSocket end in PostgreSQL when the client goes away', async () => {
  await whileCertificatesAreLocked(async () => {
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const acknowledged = new Promise((resolve) => socket.once('message', resolve));
    socket.once('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${service.token}` } })),
    );
    await acknowledged;
    for (let id = 0; id < 12; id++)
      socket.send(JSON.stringify({ type: 'subscribe', id: String(id), payload: { query: LIST } }));
    await until(runningReads, (running) => running >= 8);
    socket.terminate();
    expect(await until(runningReads, (running) => running === 0, { timeoutMs: 5_000 })).toBe(0);
  });
}, 60_000);

describe('a statement', () => {
  const SLEEP = statement<object>('sleep', 'SELECT pg_sleep(30)');
  const PID = statement<{ pid: number }>('pid', 'SELECT pg_backend_pid() AS pid');

  test('that takes longer than its lane allows is refused, and its connection lives on', async () => {
    const database = await openDatabase(harness.databaseUrl, {
      lane: { name: 'test', connections: 1, statementMs: 200 },
    });
    harness.onStop(() => database.close());
    const [before] = await database.query(PID);
    await expect(database.query(SLEEP)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect((await database.query(PID))[0]).toEqual(before);
  });

  test('of a lane that only reads cannot write', async () => {
    const database = await openDatabase(harness.databaseUrl, {
      lane: { name: 'test', connections: 1, statementMs: 5_000, readOnly: true },
    });
    harness.onStop(() => database.close());
    const write = statement<object>('write', `UPDATE environments SET title = 'x'`);
    await expect(database.query(write)).rejects.toMatchObject({ cause: { code: '25006' } });
  });

  test('waits for a connection that all others have, and then says that the database is busy', async () => {
    const database = await openDatabase(harness.databaseUrl, {
      lane: { name: 'test', connections: 1, statementMs: 20_000 },
    });
    harness.onStop(() => database.close());
    const long = database.query(statement<object>('nap', 'SELECT pg_sleep(6)'));
    await expect(database.query(PID)).rejects.toMatchObject({ code: 'DATABASE_BUSY', retryable: true });
    await long;
  }, 20_000);
});

test('/metrics answers, with what was read last, while PostgreSQL does not', async () => {
  const proxy = await halfOpenProxy(harness.databaseUrl);
  harness.onStop(() => proxy.stop());
  const cut = await harness.start({ DATABASE_URL: proxy.url });
  const scrape = async () => {
    const response = await fetch(`${cut.url}/metrics`, { signal: AbortSignal.timeout(5_000) });
    return { status: response.status, text: await response.text() };
  };
  const known = /^trustcast_earliest_certificate_end_timestamp_seconds\{environment="lanes"\} \d+/m;
  expect((await scrape()).text).toMatch(known);
  proxy.cut();
  const { status, text } = await scrape();
  expect(status).toBe(200);
  expect(text).toMatch(known);
  expect(Number(/^trustcast_database_gauges_age_seconds (\S+)/m.exec(text)?.[1])).toBeGreaterThan(0.9);
  cut.kill('SIGKILL');
}, 60_000);
