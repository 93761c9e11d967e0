import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { Pool } from 'pg';
import { WebSocket } from 'ws';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, pasted } from '../support/mutations.js';
import { ask, runMain } from '../support/service-process.js';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness({ per: 'test' });

describe('the command', () => {
  test('names every problem of its configuration, no value, and exits with 78', async () => {
    const { code, output } = await runMain(['serve'], {
      DATABASE_URL: 'mysql://secret@host/x',
      TRUSTCAST_PORT: 'no-port',
      TRUSTCAST_POTR: '1',
      NATS_PASSWORD: 'half',
    });
    expect(code).toBe(78);
    for (const name of [
      'DATABASE_URL',
      'NATS_URL',
      'TRUSTCAST_PORT',
      'TRUSTCAST_POTR',
      'NATS_PASSWORD',
      'TRUSTCAST_SIGNING_KEY_FILE',
    ])
      expect(output).toContain(name);
    for (const value of ['secret', 'no-port', 'half']) expect(output).not.toContain(value);
  });

  test('refuses what it does not know, and helps', async () => {
    expect((await runMain(['swerve'], {})).code).toBe(64);
    const { code, output } = await runMain(['--help'], {});
    expect(code).toBe(0);
    expect(output).toContain('DATABASE_URL or DATABASE_URL_FILE');
  });

  test('writes the schema as it is kept', async () => {
    const { output } = await runMain(['print-sdl'], {});
    const kept = fileURLToPath(new URL('../../../../../schema/schema.graphql', import.meta.url));
    expect(output).toBe(readFileSync(kept, 'utf8'));
  });

  test('migrates once, however many do at the same time; serve does not when it is told so', async () => {
    const env = { ...harness.environmentVariables, TRUSTCAST_MIGRATE: 'false' };
    const early = await runMain(['serve'], env);
    expect(early.code).toBe(78);
    const holder = new Pool({ connectionString: harness.databaseUrl, max: 1 });
    const client = await holder.connect();
    await client.query('SELECT pg_advisory_lock($1)', [7_305_801]);
    const running = Promise.all([1, 2, 3].map(() => runMain(['migrate'], harness.environmentVariables)));
    await until(
      () =>
        harness.sql.query(
          `SELECT FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()`,
        ),
      ({ rowCount }) => rowCount === 3,
    );
    client.release();
    await holder.end();
    const runs = await running;
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    const { rows } = await harness.sql.query<{ name: string }>('SELECT name FROM migrations');
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    const service = await harness.start({ TRUSTCAST_MIGRATE: 'false' });
    expect(await service.stop()).toBe(0);
  });
});

describe('the first start', () => {
  test('makes one token and one signing key, both for their owner alone, however many start', async () => {
    const services = await Promise.all([harness.start(), harness.start()]);
    for (const file of ['key.pem', 'token']) expect(statSync(join(harness.folder, file)).mode & 0o777).toBe(0o600);
    const { rows } = await harness.sql.query<{ row: string }>('SELECT t::text AS row FROM api_tokens t');
    expect(rows).toHaveLength(1);
    expect(rows[0]!.row).not.toContain(services[0].token);
    expect((await harness.sql.query('SELECT FROM signing_keys')).rowCount).toBe(1);
    for (const { url } of services)
      expect(
        (await ask(url, readFileSync(join(harness.folder, 'token'), 'utf8').trim(), '{ environments { name } }'))
          .status,
      ).toBe(200);
  });

  test('prints the token once when there is no file for it, and never again', async () => {
    const env = { ...harness.environmentVariables, TRUSTCAST_ADMIN_TOKEN_FILE: '' };
    writeFileSync(join(harness.folder, 'token'), 'unused');
    const first = await harness.start(env);
    const token = /"token":"(tca_[^"]+)"/.exec(first.output())?.[1];
    expect((await ask(first.url, token!, '{ environments { name } }')).status).toBe(200);
    await first.stop();
    const second = await harness.start(env);
    expect(second.output()).not.toContain('tca_');
  });

  test('refuses a signing key that others may read, or that is none', async () => {
    const key = join(harness.folder, 'key.pem');
    await (await harness.start()).stop();
    chmodSync(key, 0o644);
    expect((await runMain(['serve'], harness.environmentVariables)).output).toContain('chmod 600');
    rmSync(key);
    writeFileSync(key, execFileSync('head', ['-c', '100', '/dev/urandom']), { mode: 0o600 });
    expect(await runMain(['serve'], harness.environmentVariables)).toMatchObject({
      code: 78,
      output: expect.stringContaining('Ed25519 private key'),
    });
  });
});

describe('a database that goes away while the service starts', () => {
  test.each([3, 6])('is told, with answer %i of it, and waited for', async (answers) => {
    const url = new URL(harness.databaseUrl);
    let cuts = true;
    const proxy = createServer((client) => {
      const server = connect({ host: url.hostname, port: Number(url.port) });
      client.pipe(server);
      let seen = 0;
      // In one piece with an answer: told before whoever asked could give the connection back.
      server.on('data', (bytes) => {
        if (!cuts || ++seen < answers) client.write(bytes);
        else client.end(Buffer.concat([bytes, SHUTTING_DOWN]));
      });
      for (const socket of [client, server]) socket.on('error', () => undefined);
      client.on('close', () => server.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    harness.onStop(() => Promise.resolve(proxy.close()));
    const between = new URL(url);
    between.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const service = harness.launch({ DATABASE_URL: between.href });
    await service.logged('the database is not available; trying again');
    await service.logged('listening; not ready until the database is');
    cuts = false;
    await service.logged('ready');
    expect(service.output()).not.toContain('"stack"');
  });
});

/** PostgreSQL's last words at `pg_ctl stop -m fast`: an ErrorResponse with severity, code and message. */
const SHUTTING_DOWN = (() => {
  const fields = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0');
  const head = Buffer.from([0x45, 0, 0, 0, 0]);
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
})();

describe('health', () => {
  test('is told with reasons; metrics count', async () => {
    const service = await harness.start();
    const get = async (path: string) => {
      const response = await fetch(`${service.url}${path}`);
      return { status: response.status, body: await response.text() };
    };
    expect(await get('/healthz')).toEqual({ status: 200, body: '{"status":"ok"}' });
    await until(
      () => get('/readyz'),
      ({ status }) => status === 200,
    );
    await createCertificate(service, {
      name: 'counted',
      definitions: [pasted(['apimanager'], 'counted', makeCertificate('x', { days: 3 }).pem)],
    });
    const { body } = await get('/metrics');
    expect(body).toContain('trustcast_certificates_ending{within_days="7"} 1');
    expect(body).toContain('trustcast_graphql_request_seconds_count{operation="mutation",outcome="ok"} 1');
    expect(await get('/nothing')).toMatchObject({ status: 404 });
  });
});

test('a service without its database says why it is not ready, lives on, and is ready again by itself', async () => {
  const service = await harness.start();
  const readiness = async () => {
    const response = await fetch(`${service.url}/readyz`);
    return { status: response.status, body: (await response.json()) as { reasons: string[] } };
  };
  await until(readiness, ({ status }) => status === 200);
  const name = new URL(harness.databaseUrl).pathname.slice(1);
  const elsewhere = new URL(harness.databaseUrl);
  elsewhere.pathname = '/postgres';
  const admin = new Pool({ connectionString: elsewhere.href, max: 1 });
  await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  const { status } = await until(
    readiness,
    ({ body }) => body.reasons.join() === 'DATABASE_UNAVAILABLE,NOTIFICATIONS_UNAVAILABLE',
  );
  expect(status).toBe(503);
  expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
  await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
  await admin.end();
  await until(readiness, ({ body }) => body.reasons.length === 0);
});

describe('a service that is told to end', () => {
  test('answers the request that runs, says DRAINING, takes no other, then exits with 0', async () => {
    const service = await harness.start();
    // A lock holds the mutation until after the signal.
    const blocker = new Pool({ connectionString: harness.databaseUrl, max: 1 });
    const client = await blocker.connect();
    await client.query('BEGIN');
    await client.query(`SELECT FROM environments WHERE name = 'apimanager' FOR UPDATE`);
    const answer = createCertificate(service, {
      name: 'late',
      definitions: [pasted(['apimanager'], 'late', makeCertificate().pem)],
    });
    await until(
      () =>
        harness.sql.query(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
           AND query LIKE '%certificate%'`,
        ),
      ({ rowCount }) => (rowCount ?? 0) > 0,
    );
    service.kill('SIGTERM');
    await service.logged('stopping');
    const readiness = await fetch(`${service.url}/readyz`);
    expect([readiness.status, readiness.headers.get('connection')]).toEqual([503, 'close']);
    expect(await readiness.json()).toMatchObject({ status: 'not ready', reasons: ['DRAINING'] });
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
    const elsewhere = await fetch(`${service.url}/environments/apimanager/jwks.json`);
    expect([elsewhere.status, elsewhere.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await elsewhere.json()).toMatchObject({ code: 'UNAVAILABLE' });
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const [failure] = (await once(socket, 'error')) as [Error];
    expect(failure.message).toBe('Unexpected server response: 503');
    await client.query('COMMIT');
    client.release();
    expect((await answer).certificate).toMatchObject({ name: 'late' });
    expect(await service.ended).toBe(0);
    await blocker.end();
    const { rowCount } = await harness.sql.query(
      `SELECT FROM pg_stat_activity WHERE application_name LIKE 'trustcast%' AND datname = current_database()`,
    );
    expect(rowCount).toBe(0);
  });
});
