import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import { startNats } from '@trustcast/dev/backends/nats.mjs';
import { EMPTY_SET, applyDelta, digestOf, natsLogin } from '@trustcast/schema';
import { usersText } from '../../src/features/agents/nats-users/users-text.js';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, pasted } from '../support/mutations.js';
import type { ServiceProcess } from '../support/service-process.js';
import { type Line, endGateway as end, makeGateway as makeExample } from '../support/gateway-example.js';
import { TestAgent } from '../support/test-agent.js';
import { useHarness } from '../support/use-harness.js';

const cacheDir = fileURLToPath(new URL('../../../../../.trustcast/cache', import.meta.url));
const login = { user: 'service', password: 'for-this-test' };

const harness = useHarness({ given: () => ({ natsUrl: 'nats://127.0.0.1:1' }) });
let service: ServiceProcess;
let natsFolder: string;
let nats: Awaited<ReturnType<typeof startNats>>;
let gateways: ChildProcess[] = [];
let serial = 0;

beforeAll(async () => {
  natsFolder = join(harness.folder, 'nats');
  mkdirSync(natsFolder);
  writeFileSync(join(natsFolder, 'users.conf'), usersText(randomUUID(), { ...login, user: 'nobody' }, []));
  nats = await startServer();
  service = await harness.start({
    NATS_URL: nats.url,
    NATS_USER: login.user,
    NATS_PASSWORD: login.password,
    TRUSTCAST_NATS_USERS_FILE: join(natsFolder, 'users.conf'),
    TRUSTCAST_NATS_PID_FILE: join(natsFolder, 'nats-server.pid'),
  });
  await service.logged('the stream of change events is ready');
});
afterEach(async () => {
  await Promise.all(gateways.map(end));
  gateways = [];
});
afterAll(() => nats.stop());

function startServer() {
  return startNats({ stateDir: natsFolder, cacheDir, jetstream: true, config: { usersFile: 'users.conf' } });
}

/** One that ends with its test. */
async function makeGateway() {
  const gateway = await makeExample(service, harness.folder);
  const start = () => {
    const started = gateway.start();
    gateways.push(started);
    return started;
  };
  return { ...gateway, start };
}

/** How each revision arrived. */
function arrivals(lines: readonly Line[]): string[] {
  return lines.flatMap(({ event, via, revision }) => (event === 'taken' ? [`${revision} by ${via}`] : []));
}

test('a gateway reports what it uses: its environment is WRITTEN, and not UNREACHABLE', async () => {
  const { environment, start, seen, deploy } = await makeGateway();
  start();
  await seen(({ event }) => event === 'following');
  await deploy(1);
  const progressOf = async () => {
    const { found } = await service.query<{ found: { history: { nodes: { progress: { state: string } }[] } } }>(
      `query ($name: String!) { found: environment(name: $name) {
         history(first: 1) { nodes { progress { state hosts { total written unreachable } } } } } }`,
      { name: environment },
    );
    return found.history.nodes[0]?.progress;
  };
  expect(await until(progressOf, (progress) => progress?.state === 'WRITTEN')).toEqual({
    state: 'WRITTEN',
    hosts: { total: 1, written: 1, unreachable: 0 },
  });
});

test('a gateway that was away replays what it missed from the stream, and asks for nothing', async () => {
  const { environment, lines, start, seen, deploy } = await makeGateway();
  await deploy(2);
  const gateway = start();
  await seen(({ event }) => event === 'following');
  expect(arrivals(lines)).toEqual(['2 by pull']);
  await deploy(1);
  await seen(({ revision }) => revision === 3);
  await end(gateway);
  lines.length = 0;
  await deploy(3);
  await until(
    () =>
      harness.sql.query<{ revision: string }>(
        'SELECT p.revision FROM publications p JOIN environments e ON e.id = p.environment_id WHERE e.name = $1',
        [environment],
      ),
    ({ rows }) => Number(rows[0]?.revision) === 6,
  );
  start();
  await seen(({ event, revision }) => event === 'taken' && revision === 6);
  const [held, ...replayed] = arrivals(lines);
  expect(held).toBe('3 by folder');
  // The relay may have gathered some of them into one event.
  for (const via of replayed) expect(via).toMatch(/by stream$/);
  // After it the gateway may have said already that this is current.
  expect(lines.findLast(({ event }) => event === 'taken')?.aliases).toHaveLength(6);
});

test('a wiped stream costs a gateway one pull and what lay between, and an agent nothing', async () => {
  const [away, there] = [await makeGateway(), await makeGateway()];
  const first = away.start();
  there.start();
  await away.seen(({ event }) => event === 'following');
  await there.seen(({ event }) => event === 'following');
  const host = await followAsHost();

  await away.deploy(1);
  await away.seen(({ revision }) => revision === 1);
  await end(first);
  away.lines.length = 0;
  await away.deploy(3);
  await nats.stop();
  rmSync(join(natsFolder, 'jetstream'), { recursive: true, maxRetries: 10 });
  for (const { deploy } of [away, there, host]) await deploy(1);
  // Core NATS keeps nothing for who is not there: the host comes back before the service does.
  service.kill('SIGSTOP');
  const back = host.back();
  nats = await startServer();
  await back;
  service.kill('SIGCONT');
  await there.seen(({ event, revision }) => event === 'taken' && revision === 1);

  away.start();
  await away.seen(({ event, revision }) => event === 'current' && revision === 5);
  expect(arrivals(away.lines)).toEqual(['1 by folder', '5 by pull']);
  for (const { deploy, seen, lines } of [away, there]) {
    await until(
      () => Promise.resolve(lines),
      (all) => all.at(-1)?.event === 'current',
    );
    await deploy(1);
    await seen(({ revision, via }) => via === 'stream' && revision === (lines === away.lines ? 6 : 2));
  }

  await host.deploy(1);
  await until(
    () => Promise.resolve(host.heard),
    (heard) => heard.at(-1)?.revision === 3,
  );
  // Each leads on from the one before, the one that was made while NATS was away too: nothing had to be asked for.
  expect(host.heard.map(({ from }) => from)).toEqual([0, 1, 2]);
});

/** A host that hears core NATS alone and never asks. */
async function followAsHost() {
  const agent = await TestAgent.enroll(service, 'apimanager', 'host');
  const connection = await connect({
    servers: nats.url,
    authenticator: (nonce?: string) => natsLogin(agent.key.privateKey, nonce),
    ignoreAuthErrorAbort: true,
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 50,
  });
  harness.onStop(() => connection.close());
  const heard: { revision: number; from: number | undefined }[] = [];
  const { installation, environment } = agent.registration;
  let set = EMPTY_SET;
  connection.subscribe(agent.subjects.changed('apimanager'), {
    callback: (_error, { data }) => {
      const { message, statement } = agent.read(data);
      if (statement.revision <= (heard.at(-1)?.revision ?? 0)) return;
      set = applyDelta(set, message);
      if (digestOf({ installation, environment: environment.id }, set) !== statement.digest)
        throw new Error(`revision ${statement.revision} does not lead on`);
      heard.push({ revision: statement.revision, from: message.from?.revision });
    },
  });
  await connection.flush();
  const deploy = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const name = `host-${++serial}`;
      await createCertificate(service, { name, definitions: [pasted(['apimanager'], name, makeCertificate().pem)] });
    }
  };
  await deploy(1);
  await until(
    () => Promise.resolve(heard),
    (all) => all.length === 1,
  );
  /** When it is connected and subscribed again. */
  const back = async () => {
    for await (const { type } of connection.status()) if (type === 'reconnect') return connection.flush();
  };
  return { heard, deploy, back };
}
