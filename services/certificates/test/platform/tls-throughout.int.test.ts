import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startNats } from '@trustcast/dev/backends/nats.mjs';
import { startPostgres } from '@trustcast/dev/backends/postgres.mjs';
import { makeCertificates } from '@trustcast/dev/certificates.mjs';
import { startProduct } from '@trustcast/dev/product-process.mjs';
import { HttpClient, trustedAuthorities } from '@trustcast/http-client';
import { Client } from 'pg';
import { parseDatabaseUrl } from '../../src/platform/postgres/database-url.js';
import { until } from '../support/harness.js';

const root = fileURLToPath(new URL('../../../../../', import.meta.url));
const script = (path: string) => join(root, path, 'dist/bundle/main.js');
const compose = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const home = realpathSync(mkdtempSync(join(tmpdir(), 'trustcast-tls-')));
const here = (...names: string[]) => join(home, ...names);
const caFile = here('tls', 'ca.pem');
const ends: (() => Promise<unknown>)[] = [];
let database: URL;
let natsUrl = '';

beforeAll(async () => {
  chmodSync(home, 0o711);
  await makeCertificates({ folder: here('tls') });
  await makeCertificates({ folder: here('other') });
  const postgres = await startPostgres({ stateDir: here('postgres') });
  ends.push(postgres.stop);
  database = new URL(postgres.url);
  await secure(postgres.url);
  mkdirSync(here('nats'), { mode: 0o700 });
  writeFileSync(here('nats', 'users.conf'), 'users: [{user: nobody, password: "nobody"}]\n');
  const tls = { certificate: here('tls', 'nats.pem'), key: here('tls', 'nats.key') };
  const nats = await startNats({
    stateDir: here('nats'),
    cacheDir: join(root, '.trustcast/cache'),
    config: { usersFile: 'users.conf', tls },
  });
  ends.push(nats.stop);
  natsUrl = nats.url.replace('nats:', 'tls:');
}, 120_000);
afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  rmSync(home, { recursive: true });
});

/** Gives PostgreSQL the certificate, and the rules of docker-compose.yml. */
async function secure(url: string): Promise<void> {
  const admin = new Client({ connectionString: url });
  await admin.connect();
  const { rows } = await admin.query<{ data_directory: string }>('SHOW data_directory');
  const data = rows[0]!.data_directory;
  const { uid, gid } = statSync(data);
  for (const name of ['postgres.pem', 'postgres.key']) {
    copyFileSync(here('tls', name), join(data, name));
    chmodSync(join(data, name), 0o600);
    chownSync(join(data, name), uid, gid);
  }
  writeFileSync(
    join(data, 'pg_hba.conf'),
    /pg_hba:\n {4}content: \|\n((?: {6}.*\n)+)/.exec(compose)![1]!.replace(/^ +/gm, ''),
  );
  for (const [name, value] of [
    ['ssl_cert_file', 'postgres.pem'],
    ['ssl_key_file', 'postgres.key'],
    ['ssl', 'on'],
  ])
    await admin.query(`ALTER SYSTEM SET ${name} = '${value}'`);
  await admin.query('SELECT pg_reload_conf()');
  await admin.end();
  const isOn = () => connects('?sslmode=require');
  await until(isOn, (answer) => answer === true);
}

/** Whether a URL with these parameters connects, over TLS; else why it does not. */
async function connects(query: string, host = 'localhost'): Promise<unknown> {
  const url = new URL(database);
  url.hostname = host;
  const parsed = parseDatabaseUrl(url.href + query);
  if ('problem' in parsed) throw new Error(parsed.problem);
  const client = new Client({ connectionString: parsed.value });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    return (rows[0] as { ssl: boolean }).ssl;
  } catch (error) {
    return (error as { code?: string }).code;
  } finally {
    await client.end().catch(() => undefined);
  }
}

describe('a PostgreSQL with ssl = on is connected to as libpq does:', () => {
  const root_ = (folder: string) => `&sslrootcert=${here(folder, 'ca.pem')}`;
  /** It resolves to 127.0.0.1, and is in no certificate. */
  const unnamed = '127.1';
  test.each<[string, () => string, string, unknown]>([
    ['without sslmode: without TLS, which its rules refuse', () => '', 'localhost', '28000'],
    ['disable: likewise', () => '?sslmode=disable', 'localhost', '28000'],
    ['require: over TLS to whoever it is', () => '?sslmode=require', unnamed, true],
    ['require with a CA: by that CA', () => `?sslmode=require${root_('tls')}`, unnamed, true],
    [
      'require with another CA: not',
      () => `?sslmode=require${root_('other')}`,
      'localhost',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    ['verify-ca: by the CA, under any name', () => `?sslmode=verify-ca${root_('tls')}`, unnamed, true],
    [
      'verify-ca with another CA: not',
      () => `?sslmode=verify-ca${root_('other')}`,
      'localhost',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    ['verify-full: by the CA and the name', () => `?sslmode=verify-full${root_('tls')}`, 'localhost', true],
    ['verify-full with an address: likewise', () => `?sslmode=verify-full${root_('tls')}`, '127.0.0.1', true],
    [
      'verify-full under another name: not',
      () => `?sslmode=verify-full${root_('tls')}`,
      unnamed,
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    [
      'verify-full with another CA: not',
      () => `?sslmode=verify-full${root_('other')}`,
      'localhost',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    [
      'verify-full without a CA: by public CAs only',
      () => '?sslmode=verify-full',
      'localhost',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
  ])('%s', async (_what, query, host, expected) => {
    expect(await connects(query(), host)).toBe(expected);
  });
});

test('docker-compose.yml has nothing listen without TLS beyond its container', () => {
  expect(compose).toMatch(
    /-c ssl=on -c ssl_cert_file=\/run\/postgres.pem -c ssl_key_file=\/run\/postgres.key -c hba_file=/,
  );
  const rules = /pg_hba:\n {4}content: \|\n((?: {6}.*\n)+)/.exec(compose)![1]!;
  expect(rules.match(/^\s*host\w*/gm)?.map((rule) => rule.trim())).toEqual(['hostssl']);
  expect(compose).toMatch(/tls \{ cert_file: "\/tls\/nats.pem", key_file: "\/tls\/nats.key"/);
  expect(compose.match(/ports: .*/g)).toEqual(["ports: ['127.0.0.1:5432:5432']", "ports: ['127.0.0.1:4222:4222']"]);
  expect(compose).toContain('http: 127.0.0.1:8222');
  expect(compose).not.toMatch(/nats:\/\//);
  expect(compose).toMatch(/sslmode=verify-full&sslrootcert=/);
});

test('service and agent work with PostgreSQL, NATS and each other over TLS alone', async () => {
  const url = new URL(database);
  url.search = `?sslmode=verify-full&sslrootcert=${caFile}`;
  const service = await startProduct({
    name: 'The service',
    script: script('services/certificates'),
    args: ['serve'],
    env: {
      DATABASE_URL: url.href,
      NATS_URL: natsUrl,
      NATS_CA_FILE: caFile,
      NATS_USER: 'service',
      NATS_PASSWORD: 'trustcast',
      TRUSTCAST_NATS_USERS_FILE: here('nats', 'users.conf'),
      TRUSTCAST_NATS_PID_FILE: here('nats', 'nats-server.pid'),
      TRUSTCAST_TLS_CERTIFICATE_FILE: here('tls', 'service.pem'),
      TRUSTCAST_TLS_KEY_FILE: here('tls', 'service.key'),
      TRUSTCAST_PORT: '0',
      TRUSTCAST_SIGNING_KEY_FILE: here('signing-key.pem'),
      TRUSTCAST_ADMIN_TOKEN_FILE: here('token'),
    },
    logFile: here('service.log'),
  });
  ends.push(service.stop);
  const client = new HttpClient({ ca: trustedAuthorities(readFileSync(caFile, 'utf8')) });
  ends.push(() => {
    client.close();
    return Promise.resolve();
  });
  const origin = String(service.ready.url);
  const ask = async (query: string): Promise<unknown> => {
    const answer = await client.send({
      method: 'POST',
      url: new URL('/graphql', origin),
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${readFileSync(here('token'), 'utf8').trim()}`,
      },
      body: JSON.stringify({ query }),
      maxBytes: 1_000_000,
    });
    return (JSON.parse(answer.body.toString()) as { data: unknown }).data;
  };
  const { made } = (await ask(
    'mutation { made: createAgent(input: {environment: "apimanager", name: "host"}) { token pins } }',
  )) as { made: { token: string; pins: string[] } };
  const agent = await startProduct({
    name: 'The agent',
    script: script('agents/host'),
    args: ['run'],
    env: {
      TRUSTCAST_SERVICE_URL: origin,
      TRUSTCAST_CA_FILE: caFile,
      TRUSTCAST_AGENT_TOKEN: made.token,
      TRUSTCAST_PINNED_KEYS: made.pins.join(','),
      TRUSTCAST_DIRECTORY: here('agent'),
      TRUSTCAST_BASE: 'none',
    },
    logFile: here('agent.log'),
  });
  ends.push(agent.stop);
  await until(
    () => Promise.resolve(readFileSync(here('agent.log'), 'utf8')),
    (log) => log.includes('"msg":"connected"'),
  );
  expect(origin).toMatch(/^https:/);
  expect(readFileSync(here('agent.log'), 'utf8')).not.toMatch(/"level":"error"/);
  const admin = new Client({ connectionString: url.href });
  await admin.connect();
  const { rows } = await admin.query<{ ssl: boolean }>(
    `SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name LIKE 'trustcast%'`,
  );
  await admin.end();
  expect(rows).toEqual([{ ssl: true }]);
}, 120_000);
