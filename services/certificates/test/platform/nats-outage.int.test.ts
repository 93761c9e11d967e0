import { execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { startNats } from '@trustcast/dev/backends/nats.mjs';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, pasted } from '../support/mutations.js';
import type { ServiceProcess } from '../support/service-process.js';
import { TestAgent } from '../support/test-agent.js';
import { TcpLink } from './tcp-link.js';
import { useHarness } from '../support/use-harness.js';

const cacheDir = fileURLToPath(new URL('../../../../../.trustcast/cache', import.meta.url));
const user = { user: 'service', password: 'secret', publish: ['>'], subscribe: ['>'] };
const harness = useHarness({ per: 'test' });

const readiness = async ({ url }: { url: string }) => {
  const answer = await fetch(`${url}/readyz`);
  return { code: answer.status, ...((await answer.json()) as { status: string; problems: { cause: string }[] }) };
};
/** Lines of the log that warn or worse. */
const warnings = ({ output }: { output: () => string }) =>
  output()
    .split('\n')
    .filter((line) => /^\{"level":"(warn|error)"/.test(line));

async function deploy(service: ServiceProcess, name: string) {
  const { certificate } = await createCertificate(service, {
    name,
    definitions: [pasted(['apimanager'], name, makeCertificate().pem)],
  });
  expect(certificate).not.toBeNull();
}

describe('NATS that cannot be used when the service starts', () => {
  const table: [string, RegExp, () => Promise<Record<string, string>>][] = [
    [
      'nothing listens',
      /nothing listens there; check NATS_URL/,
      async () => ({ NATS_URL: `nats://127.0.0.1:${await freePort()}` }),
    ],
    [
      'the host is not known',
      /host is not known; check NATS_URL/,
      () => Promise.resolve({ NATS_URL: 'tls://nats.invalid:4222' }),
    ],
    [
      'the password is wrong',
      /refuses the login; check NATS_USER and NATS_PASSWORD/,
      async () => ({ NATS_URL: (await own({ users: [user] })).url, NATS_USER: 'service', NATS_PASSWORD: 'wrong' }),
    ],
    [
      'a password is missing',
      /refuses the login; check NATS_USER and NATS_PASSWORD/,
      async () => ({ NATS_URL: (await own({ users: [user] })).url }),
    ],
    [
      'its certificate is of an unknown CA',
      /not trusted; name its CA by NATS_CA_FILE/,
      async () => ({ NATS_URL: await tlsNats() }),
    ],
    [
      'the server offers no TLS though the URL asks for it',
      /offers no TLS though NATS_URL says tls/,
      async () => ({ NATS_URL: (await own({})).url.replace('nats:', 'tls:') }),
    ],
    [
      'another protocol answers there',
      /./,
      () => Promise.resolve({ NATS_URL: `nats://${new URL(harness.databaseUrl).host}` }),
    ],
  ];
  test.each(table)('(%s): the service listens, serves, says why once, and ends at once', async (_what, cause, make) => {
    const service = await harness.start(await make());
    await until(
      () => readiness(service),
      ({ status, problems }) => status === 'degraded' && cause.test(problems[0]?.cause ?? ''),
    );
    expect((await readiness(service)).code).toBe(200);
    await deploy(service, 'anyway');
    expect((await (await TestAgent.enroll(service, 'apimanager', 'host')).pull()).statement.revision).toBe(1);
    expect(warnings(service)).toHaveLength(1);
    expect(warnings(service)[0]).toMatch(/"code":"NATS_UNAVAILABLE","cause":"/);
    expect(service.output()).not.toContain('"stack"');
    const endedAt = performance.now();
    expect(await service.stop()).toBe(0);
    expect(performance.now() - endedAt).toBeLessThan(5_000);
  });

  test('is used as soon as it is there', async () => {
    const port = await freePort();
    const stateDir = join(harness.folder, 'nats');
    mkdirSync(stateDir, { mode: 0o700 });
    writeFileSync(join(stateDir, 'state.json'), JSON.stringify({ port }), { mode: 0o600 });
    const service = await harness.start({ NATS_URL: `nats://127.0.0.1:${port}` });
    await deploy(service, 'before');
    const nats = await startNats({ stateDir, cacheDir });
    harness.onStop(() => nats.stop());
    await service.logged('NATS is connected again');
    await until(
      () => harness.sql.query<{ revision: string }>('SELECT revision FROM publications'),
      ({ rows }) => rows[0]?.revision === '1',
    );
    expect(await readiness(service)).toMatchObject({ code: 200, status: 'ready' });
  });
});

test('a leader that is cut off from NATS without a word gives the lead away: another publishes within seconds', async () => {
  const link = await TcpLink.to(harness.natsUrl);
  harness.onStop(() => link.close());
  const leader = await harness.start({ NATS_URL: `nats://127.0.0.1:${link.port}` });
  await leader.logged('this process leads the relay');
  const other = await harness.start();
  const agent = await TestAgent.enroll(other, 'apimanager', 'host');
  const nats = await harness.connectNats();
  const heard: number[] = [];
  nats.subscribe(agent.subjects.changed('apimanager'), {
    callback: (_error, { data }) => void heard.push(agent.read(data).statement.revision),
  });
  await nats.flush();
  await deploy(leader, 'first');
  await until(
    () => Promise.resolve(heard),
    (revisions) => revisions.includes(1),
  );
  link.freeze();
  await deploy(leader, 'second');
  await until(
    () => Promise.resolve(heard),
    (revisions) => revisions.includes(2),
    { timeoutMs: 8_000 },
  );
  await other.logged('this process leads the relay');
  expect(await readiness(leader)).toMatchObject({ code: 200, status: 'degraded' });
  link.thaw();
  await leader.logged('NATS is connected again');
});

test('a process without NATS leads where no other has it: the audit is sealed all the same', async () => {
  const service = await harness.start({ NATS_URL: `nats://127.0.0.1:${await freePort()}` });
  await deploy(service, 'sealed');
  await until(
    () => harness.sql.query('SELECT FROM audit_unsealed'),
    ({ rowCount }) => rowCount === 0,
  );
});

async function own(config: NonNullable<Parameters<typeof startNats>[0]['config']>) {
  const nats = await startNats({ ephemeral: true, cacheDir, config });
  harness.onStop(() => nats.stop());
  return nats;
}

function freePort(): Promise<number> {
  const port = randomInt(20_000, 30_000);
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(port)));
  });
}

/** A server that speaks NATS's opening and then TLS, with a certificate of its own. */
async function tlsNats(): Promise<string> {
  const [key, cert] = [join(harness.folder, 'tls.key'), join(harness.folder, 'tls.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=nats',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      key,
      '-out',
      cert,
    ],
    { stdio: 'ignore' },
  );
  const { binary } = await own({});
  const port = await freePort();
  const config = join(harness.folder, 'tls.conf');
  writeFileSync(config, `listen: "127.0.0.1:${port}"\ntls { cert_file: "${cert}", key_file: "${key}" }\n`);
  const server = spawn(binary!, ['-c', config], { stdio: 'ignore' });
  harness.onStop(() => Promise.resolve(server.kill()));
  return `tls://127.0.0.1:${port}`;
}
