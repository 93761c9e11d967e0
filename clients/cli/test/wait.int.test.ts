import { expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeCertificate } from '@trustcast/certificates-service/test/support/make-certificate.js';
import { TestAgent, jvm } from '@trustcast/certificates-service/test/support/test-agent.js';
import { useHarness, useService } from '@trustcast/certificates-service/test/support/use-harness.js';
import { manifestRuns, one } from './manifest-runs.js';
import { proxyWithoutWebSocket } from './proxy-without-web-socket.js';
import { type Run, settingsFor, spawnTrustcast, trustcast } from './trustcast.js';

const harness = useHarness();
const service = useService(harness);
const settings = settingsFor(service);
const { file, apply, versions } = manifestRuns(harness, service);
const START = { epoch: 1, revision: 0 };
const MADE = { epoch: 1, revision: 1 };

/** Describes one certificate in an environment of its own. */
function described(environment: string): string {
  const file = join(harness.folder, `${environment}.json`);
  const definitions = [{ alias: environment, environments: [environment], pem: makeCertificate().pem }];
  writeFileSync(
    file,
    JSON.stringify({
      environments: [{ name: environment, kind: 'API_MANAGER' }],
      certificates: [{ name: environment, definitions }],
    }),
  );
  return file;
}

async function environment(name: string): Promise<string> {
  const file = join(harness.folder, `${name}-alone.json`);
  writeFileSync(file, JSON.stringify({ environments: [{ name, kind: 'API_MANAGER' }] }));
  expect(await trustcast(['apply', file], settings)).toMatchObject({ code: 0 });
  return name;
}

const wait = (file: string, seconds: number): Promise<Run> =>
  trustcast(['apply', file, '--wait', '--timeout', String(seconds)], settings);

test('--wait goes on while a failure may heal, and says LIVE when it has', async () => {
  const name = await environment('healing');
  const nats = await harness.connectNats();
  const agent = await TestAgent.enroll(service, name, 'host');
  await agent.send(nats, agent.status(START, { jvms: [jvm('a', START)] }));
  const run = wait(described(name), 60);
  await agent.send(nats, agent.status(START, { state: 'FAILED', reason: 'ENOSPC', jvms: [jvm('a', START)] }));
  await delay(500);
  await agent.send(nats, agent.status(MADE, { jvms: [jvm('a', MADE)] }));
  expect(await run).toMatchObject({ code: 0, err: expect.stringContaining(`${name} revision 1 LIVE`) });
});

test('--wait names host by host what was missing when the time was over', async () => {
  const name = await environment('late');
  const nats = await harness.connectNats();
  const [written, failed, away] = await Promise.all(
    ['written', 'failed', 'away'].map((host) => TestAgent.enroll(service, name, host)),
  );
  for (const agent of [written!, failed!, away!])
    await agent.send(nats, agent.status(START, { jvms: [jvm('a', START)] }));
  const run = wait(described(name), 3);
  await delay(500);
  await written!.send(nats, written!.status(MADE, { jvms: [jvm('a', START)] }));
  await failed!.send(nats, failed!.status(START, { state: 'FAILED', reason: 'ENOSPC', jvms: [jvm('a', START)] }));
  const { code, err } = await run;
  expect(code).toBe(3);
  const last = err.trimEnd().split('\n').at(-1);
  expect(last).toContain(`${name}: the change was made; it is FAILED, and was not LIVE within 3 s`);
  for (const said of ['failed is FAILED (ENOSPC)', 'away is PENDING', 'has not proven this change'])
    expect(last).toContain(said);
});

test('--wait ends at once on a host without JVMs, and says so; again nothing had to be changed', async () => {
  const name = await environment('bare');
  const nats = await harness.connectNats();
  const agent = await TestAgent.enroll(service, name, 'host-without');
  await agent.send(nats, agent.status(START));
  const file = described(name);
  const run = wait(file, 60);
  await delay(500);
  await agent.send(nats, agent.status(MADE));
  const said = 'it will not be LIVE: no JVM counts, so that nothing proves it; host-without has no JVM\n';
  expect(await run).toMatchObject({ code: 3, err: expect.stringContaining(`${name}: the change was made; ${said}`) });
  expect(await wait(file, 60)).toMatchObject({
    code: 3,
    err: expect.stringContaining(`${name}: nothing had to be changed; ${said}`),
  });
});

test('--wait names a host that joined later and is in no count', async () => {
  const name = await environment('joined');
  const file = described(name);
  expect(await trustcast(['apply', file], settings)).toMatchObject({ code: 0 });
  await TestAgent.enroll(service, name, 'newcomer');
  const { code, err } = await wait(file, 60);
  expect(code).toBe(3);
  expect(err).toContain('newcomer is UNREACHABLE (NEVER_REPORTED) and not counted');
});

test('apply names the environments that there are where it refuses one', async () => {
  const file = join(harness.folder, 'unknown-environment.json');
  const definitions = [{ alias: 'x', environments: ['nowhere'], pem: makeCertificate().pem }];
  writeFileSync(file, JSON.stringify({ certificates: [{ name: 'x', definitions }] }));
  const { code, out } = await trustcast(['apply', file], settings);
  expect(code).toBe(1);
  expect(out).toMatch(/ENVIRONMENT_NOT_FOUND: .*; there are .*\bapimanager\b/);
});

test('--wait ends when every JVM has proven it, and not before; NO_TARGETS is no success', async () => {
  const alone = await apply(one('nobody-there', makeCertificate().pem), '--wait');
  // It was made: that nobody proves it is no refusal.
  expect(alone.code).toBe(3);
  expect(alone.err).toContain('NO_TARGETS');
  const nats = await harness.connectNats();
  const agent = await TestAgent.enroll(service, 'apimanager', 'host-1');
  const { environment } = await service.query<{ environment: { revision: number } }>(
    '{ environment(name: "apimanager") { revision } }',
  );
  const [before, after] = [0, 1].map((more) => ({ epoch: 1, revision: environment.revision + more }));
  await agent.send(nats, agent.status(before!, { jvms: [jvm('a', before!)] }));
  const watching = spawnTrustcast(['watch', '--environment', 'apimanager'], settings);
  harness.onStop(() => watching.stop());
  while (!(await watching.line()).includes('1 joined'));
  const applying = apply(one('waited-for', makeCertificate().pem), '--wait');
  expect(await watching.line()).toContain(`revision ${after!.revision} PENDING: 0/1 hosts written, 0/1 JVMs live`);
  await agent.send(nats, agent.status(after!, { jvms: [jvm('a', before!)] }));
  expect(await watching.line()).toContain('WRITTEN: 1/1 hosts written, 0/1 JVMs live');
  await agent.send(nats, agent.status(after!, { jvms: [jvm('a', after!)] }));
  expect(await watching.line()).toContain('LIVE: 1/1 hosts written, 1/1 JVMs live');
  expect(await applying).toMatchObject({ code: 0, progress: [{ environment: 'apimanager', state: 'LIVE' }] });
});

test('--wait asks every second where no WebSocket reaches the service, and says so', async () => {
  const proxy = await proxyWithoutWebSocket(service.url);
  try {
    const throughProxy = { ...settings, TRUSTCAST_URL: proxy.url, TRUSTCAST_TOKEN: service.token };
    const path = file(one('polled', makeCertificate().pem));
    const { code, err } = await trustcast(['apply', path, '--wait', '--timeout', '10'], throughProxy);
    expect(code).toBe(3);
    expect(err).toContain('apimanager: no WebSocket to the service; reading the progress every second instead');
    const lines = err.split('\n').filter((line) => / revision \d+ /.test(line));
    // The host that falls silent meanwhile is told; what stays as it is is not said twice.
    expect(lines.length).toBeGreaterThan(0);
    expect(new Set(lines).size).toBe(lines.length);
    expect(err).toContain('the change was made; it was not LIVE within 10 s');
  } finally {
    await proxy.close();
  }
});

test('--wait reports that the change was made when the service goes away meanwhile', async () => {
  const proxy = await proxyWithoutWebSocket(service.url);
  const throughProxy = { ...settings, TRUSTCAST_URL: proxy.url, TRUSTCAST_TOKEN: service.token };
  const path = file(one('then-gone', makeCertificate().pem));
  const applying = trustcast(['apply', path, '--wait', '--json', '--timeout', '60'], throughProxy);
  while (!('then-gone' in (await versions())));
  await proxy.close();
  const { code, out, err } = await applying;
  expect(code).toBe(3);
  expect(err).toContain('apimanager: the change was made; its progress cannot be followed: ');
  expect(JSON.parse(out)).toMatchObject({
    changes: [{ action: 'create', refusal: null }],
    progress: [{ state: 'UNKNOWN' }],
  });
});

test('--wait without an end gives up waiting when it was told to', async () => {
  const { code, err } = await apply(one('for-nothing', makeCertificate().pem), '--wait', '--timeout', '0.2');
  expect(code).toBe(3);
  expect(err).toContain('apimanager: the change was made; it was not LIVE within 0.2 s');
});
