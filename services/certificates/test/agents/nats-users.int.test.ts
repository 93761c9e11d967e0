import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { type NatsConnection, connect } from '@nats-io/transport-node';
import { startNats } from '@trustcast/dev/backends/nats.mjs';
import { natsUserOf, publicJwkOf, subjectsOf } from '@trustcast/schema';
import { usersText } from '../../src/features/agents/nats-users/users-text.js';
import { enrolledAgent } from '../support/enroll.js';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import type { ServiceProcess } from '../support/service-process.js';
import { TestAgent, createAgent, register } from '../support/test-agent.js';
import { useHarness } from '../support/use-harness.js';
import { loginOf, publishing, subscribing } from './nats-permissions.js';

const cacheDir = fileURLToPath(new URL('../../../../../.trustcast/cache', import.meta.url));
const login = { user: 'service', password: randomBytes(24).toString('base64url') };

let folder: string;
let nats: Awaited<ReturnType<typeof startNats>>;
const harness = useHarness({
  given: async () => {
    folder = mkdtempSync(join(tmpdir(), 'trustcast-users-'));
    // Somebody who is not the service: nats-server would let everybody in where there are no users.
    writeFileSync(
      join(folder, 'users.conf'),
      usersText(randomUUID(), { user: 'nobody', password: login.password }, []),
    );
    nats = await startNats({ stateDir: folder, cacheDir, jetstream: true, config: { usersFile: 'users.conf' } });
    return { natsUrl: nats.url };
  },
});
let service: ServiceProcess;
let host: TestAgent, other: TestAgent;
const connections: NatsConnection[] = [];

beforeAll(async () => {
  service = await harness.start({
    NATS_USER: login.user,
    NATS_PASSWORD: login.password,
    TRUSTCAST_NATS_USERS_FILE: join(folder, 'users.conf'),
    TRUSTCAST_NATS_PID_FILE: join(folder, 'nats-server.pid'),
  });
  await createEnvironment(service, 'other');
  host = await TestAgent.enroll(service, 'apimanager', 'host');
  other = await TestAgent.enroll(service, 'other', 'host');
  harness.onStop(async () => {
    await Promise.all(connections.map((connection) => connection.close()));
    await nats.stop();
    rmSync(folder, { recursive: true });
  });
});

async function connectAs(agent: TestAgent): Promise<NatsConnection> {
  // nats-server reads its users a moment after they were written.
  const connection = await until(
    () => connect(loginOf(agent)).catch(() => undefined),
    (made) => made !== undefined,
  );
  connections.push(connection!);
  return connection!;
}

describe('an agent', () => {
  test('logs in with the key that it registered, hears its environment and reports', async () => {
    const connection = await connectAs(host);
    for (const subject of [host.subjects.changed('apimanager'), host.subjects.heartbeat('apimanager')])
      expect(await subscribing(connection, subject)).toBeUndefined();
    const heard = new Promise((resolve) => {
      connection.subscribe(host.subjects.changed('apimanager'), {
        callback: (_error, message) => resolve(message.subject),
      });
    });
    await connection.flush();
    const { deployment } = await createCertificate(service, {
      name: 'heard',
      definitions: [pasted(['apimanager'], 'heard', makeCertificate().pem)],
    });
    expect(await heard).toBe(host.subjects.changed('apimanager'));
    const { epoch, revision } = deployment!.environments[0]!;
    await host.send(connection, host.status({ epoch, revision }));
    await until(
      () =>
        service.query<{ agents: { nodes: { state: string }[] } }>(
          '{ agents(environment: "apimanager") { nodes { state } } }',
        ),
      ({ agents }) => agents.nodes[0]?.state === 'WRITTEN',
    );
  });

  test('logs in also when it registered with a process that keeps no users', async () => {
    const second = await harness.start({ NATS_USER: login.user, NATS_PASSWORD: login.password });
    const connection = await connectAs(await TestAgent.enroll(second, 'apimanager', 'elsewhere'));
    expect(await subscribing(connection, host.subjects.changed('apimanager'))).toBeUndefined();
    await second.stop();
  });

  test.each([
    ['another environment’s events', () => host.subjects.changed('other')],
    ['another environment’s heartbeats', () => host.subjects.heartbeat('other')],
    ['all events', () => host.subjects.changed('*')],
    ['everything', () => '>'],
    ['what agents report', () => host.subjects.allStatus],
    ['another installation’s events', () => subjectsOf(randomUUID()).changed('apimanager')],
    ['the service’s inbox', () => `${host.subjects.serviceInbox}.>`],
    ['others’ inboxes', () => '_INBOX.>'],
  ])('cannot hear %s', async (_what, subject) => {
    expect(await subscribing(await connectAs(host), subject())).toMatch(/permissions violation/i);
  });

  test.each([
    ['an event', () => host.subjects.changed('apimanager')],
    ['a heartbeat', () => host.subjects.heartbeat('apimanager')],
    ['another agent’s status', () => host.subjects.status('other', other.registration.agent)],
    ['its status in another environment', () => host.subjects.status('other', host.registration.agent)],
    ['a question to JetStream', () => '$JS.API.INFO'],
    ['a consumer of the stream', () => `$JS.API.CONSUMER.CREATE.${host.subjects.stream}.${host.registration.agent}`],
    ['a deletion of the stream', () => `$JS.API.STREAM.DELETE.${host.subjects.stream}`],
    ['a question to the server', () => '$SYS.REQ.SERVER.PING'],
  ])('cannot send %s', async (_what, subject) => {
    const problems = await publishing(await connectAs(host), subject());
    expect(problems.join()).toMatch(/permissions violation/i);
  });

  test('cannot log in with a key that nobody registered, nor without one', async () => {
    const stranger = new TestAgent(service, '', await TestAgent.newKey(), host.registration, []);
    const servers = [...host.registration.nats.servers];
    await expect(connect(loginOf(stranger))).rejects.toThrow(/authorization violation/i);
    await expect(connect({ servers, reconnect: false })).rejects.toThrow(/authorization violation/i);
  });

  test('whose key is renewed keeps its connection while the key before is good, and is cut off when that ends', async () => {
    const before = await enrolledAgent(service, 'renewed');
    const after = before.withKey(await TestAgent.newKey());
    const connection = await connectAs(before);
    expect((await before.askToRenew(after.key)).status).toBe(200);
    await connectAs(after);
    expect([connection.isClosed(), await publishing(connection, 'x')]).toEqual([
      false,
      [expect.stringMatching(/permission/i)],
    ]);
    const { agent } = before.registration;
    await harness.sql.query(`UPDATE agents SET previous_key_until = now() + interval '1 second' WHERE id = $1`, [
      agent,
    ]);
    await harness.sql.query(`SELECT pg_notify('trustcast_agents', $1)`, [agent]);
    await connection.closed();
    const users = readFileSync(join(folder, 'users.conf'), 'utf8');
    const names = await Promise.all(
      [before, after].map(async ({ key }) => natsUserOf(await publicJwkOf(key.privateKey))),
    );
    expect(names.map((name) => users.includes(name))).toEqual([false, true]);
  });

  test.each([
    ['deleted', 'deleteAgent(input: { id: $id })'],
    ['revoked', 'revokeAgent(input: { id: $id, reason: "stolen" })'],
  ])('that is %s is cut within 5 seconds, and the others are not', async (name, mutation) => {
    const leaver = await TestAgent.enroll(service, 'apimanager', name);
    const [leaving, staying] = [await connectAs(leaver), await connectAs(host)];
    await service.query(`mutation ($id: ID!) { ${mutation} { agent { id } } }`, { id: leaver.registration.agent });
    const at = performance.now();
    await leaving.closed();
    const ms = Math.round(performance.now() - at);
    process.stdout.write(`an agent that was ${name} lost NATS after ${ms} ms\n`);
    expect(ms).toBeLessThan(5_000);
    await expect(connect(loginOf(leaver))).rejects.toThrow(/authorization violation/i);
    await staying.flush();
  });
});

test('a gateway sends nothing, whatever it names for the reply: no other environment hears of it, and the stream does not grow', async () => {
  await service.query(`mutation { createEnvironment(input: { name: "edge", kind: GATEWAY }) { userErrors { code } } }`);
  const gateway = await TestAgent.enroll(service, 'edge', 'gateway');
  const [connection, hearing] = [await connectAs(gateway), await connectAs(host)];
  const own = gateway.registration.agent;
  const { stream } = host.subjects;
  const victim = host.subjects.changed('apimanager');
  const heard: string[] = [];
  hearing.subscribe(victim, { callback: (_error, message) => void heard.push(message.string()) });
  await hearing.flush();
  for (const subject of [
    `$JS.API.CONSUMER.CREATE.${stream}.${own}.${host.subjects.changed('edge')}`,
    `$JS.API.CONSUMER.INFO.${stream}.${own}`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${own}`,
    `$JS.ACK.${stream}.${own}.1.1.1.1.0`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.STREAM.PURGE.${stream}`,
    `$JS.API.INFO`,
    host.subjects.changed('edge'),
    victim,
  ])
    for (let round = 0; round < 5; round++) connection.publish(subject, '{}', { reply: victim });
  await connection.flush();
  // Whatever the server makes of a request comes before what is sent a moment later.
  await delay(500);
  const name = 'after-the-replies';
  await createCertificate(service, { name, definitions: [pasted(['apimanager'], name, makeCertificate().pem)] });
  await until(
    () => Promise.resolve(heard),
    (messages) => messages.some((message) => message.includes(`"alias":"${name}"`)),
  );
  expect(heard.filter((message) => !message.startsWith('{"statement":'))).toEqual([]);
  expect((await publishing(connection, victim)).join()).toMatch(/permissions violation/i);
});

describe('the service', () => {
  test('may do what its part of the protocol needs, and no more', async () => {
    const connection = await connect({ servers: harness.natsUrl, user: login.user, pass: login.password });
    connections.push(connection);
    const elsewhere = subjectsOf(randomUUID());
    for (const subject of ['>', host.subjects.changed('*'), '$JS.API.>', elsewhere.allStatus])
      expect(await subscribing(connection, subject)).toMatch(/permissions violation/i);
    for (const subject of [
      host.subjects.status('apimanager', host.registration.agent),
      `$JS.API.STREAM.DELETE.${host.subjects.stream}`,
    ])
      expect((await publishing(connection, subject)).join()).toMatch(/permissions violation/i);
    await expect(jetstreamManager(connection, { timeout: 500 })).rejects.toThrow();
  });

  test('makes the file its own alone, writes nothing when nothing changed, and no secret of an agent', async () => {
    const file = join(folder, 'users.conf');
    chmodSync(file, 0o644);
    const before = statSync(file).ino;
    const again = await TestAgent.enroll(service, 'other', 'again');
    await until(
      () => Promise.resolve(statSync(file)),
      ({ ino }) => ino !== before,
    );
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain(again.token);
    const { ino } = statSync(file);
    await again.registerAgain();
    expect(statSync(file).ino).toBe(ino);
    chmodSync(file, 0o644);
    await again.registerAgain();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

test('a file that cannot be written any more is a problem of its own, which names it and not the database', async () => {
  const own = join(folder, 'own');
  mkdirSync(own);
  const third = await harness.start({
    NATS_USER: login.user,
    NATS_PASSWORD: login.password,
    TRUSTCAST_NATS_USERS_FILE: join(own, 'users.conf'),
  });
  const problems = async () => {
    const readiness = (await (await fetch(`${third.url}/readyz`)).json()) as { problems?: { code: string }[] };
    return (readiness.problems ?? []).filter(({ code }) => /^(DATABASE|NATS_USERS_NOT_WRITTEN)/.test(code));
  };
  rmSync(own, { recursive: true, maxRetries: 10 });
  await TestAgent.enroll(third, 'other', 'unwritten');
  expect(await until(problems, (found) => found.length > 0)).toEqual([
    {
      code: 'NATS_USERS_NOT_WRITTEN',
      cause: expect.stringMatching(/^the NATS users file cannot be written: ENOENT.*own\/users\.conf/),
    },
  ]);
  expect(third.output()).toContain('(TRUSTCAST_NATS_USERS_FILE) cannot be written');
  mkdirSync(own);
  await until(problems, (found) => found.length === 0);
  expect(readFileSync(join(own, 'users.conf'), 'utf8')).toContain(login.user);
  await third.stop();
});

test('a key belongs to one agent: another that comes with it is refused, and told whose it is', async () => {
  const { token } = await createAgent(service, 'other', 'clone');
  const answer = await register(service, token, host.key);
  expect(answer.status).toBe(409);
  expect(await answer.json()).toMatchObject({
    code: 'KEY_OF_ANOTHER_AGENT',
    detail: expect.stringContaining('belongs to the agent host of apimanager'),
  });
});

test('a reload that nats-server refuses is told, counted, and told again when it is over', async () => {
  const configuration = join(folder, 'nats-server.conf');
  const works = readFileSync(configuration, 'utf8');
  writeFileSync(configuration, `${works}\nno_such_option: true\n`);
  await TestAgent.enroll(service, 'other', 'late');
  const degraded = async () => (await (await fetch(`${service.url}/readyz`)).json()) as { reasons: string[] };
  await until(degraded, ({ reasons }) => reasons.includes('NATS_USERS_NOT_LOADED'));
  expect(await (await fetch(`${service.url}/metrics`)).text()).toContain(
    'trustcast_nats_users_files_total{outcome="refused"} 1',
  );
  writeFileSync(configuration, works);
  process.kill(nats.pid!, 'SIGHUP');
  await service.logged('nats-server uses the users that were written');
  expect((await degraded()).reasons).toEqual([]);
});
