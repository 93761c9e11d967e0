import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { JavaProcess } from '../java-process.js';
import { findJvms } from '../jdks.js';
import { World } from '../world.js';

let world: World;
let port: number;
let otherPort: number;

beforeAll(async () => {
  world = await World.create();
  [port, otherPort] = [await world.serve('partner'), await world.serve('other')];
  await world.lab.do('store', world.path('own.p12'), 'own-ca=other');
});

beforeEach(() => rmSync(history(), { force: true }));

afterEach(async () => world.stopSubjects());

afterAll(async () => world.close());

const history = (): string => world.path('truststore.history');

/** An application whose trust manager was made of its own file and ours, as `--truststore-paths` of Keycloak does. */
async function merging(jdk: Parameters<World['subject']>[0]): Promise<JavaProcess> {
  const subject = await world.subject(jdk, 'none');
  await subject.do('make', 'merged', `file-merged:${world.path('own.p12')}+${world.truststore}`);
  return subject;
}

describe.each(findJvms())('JDK $major', (jdk) => {
  test('a trust manager made of our file and another one keeps what never was ours, and loses what was', async () => {
    await world.deploy('partner-ca=partner');
    const subject = await merging(jdk);
    await world.attach(subject);
    await world.until(subject, ({ state }) => state === 'LIVE');
    for (const asked of [port, otherPort]) expect(await subject.ask('call', 'merged', asked)).toMatch(/^ok/);

    await world.untilLive(subject, await world.deploy());
    expect(await subject.ask('call', 'merged', port)).toMatch(/^fail/);
    expect(await subject.ask('call', 'merged', otherPort)).toMatch(/^ok/);
    await world.untilLive(subject, await world.deploy());
  });

  test('what was removed before the agent came is gone from a merged trust manager, by the history alone', async () => {
    await world.deploy('partner-ca=partner');
    const subject = await merging(jdk);
    await world.deploy();
    await world.attach(subject);
    await world.until(subject, ({ state }) => state === 'LIVE');
    expect(await subject.ask('call', 'merged', port)).toMatch(/^fail/);
    expect(await subject.ask('call', 'merged', otherPort)).toMatch(/^ok/);
  });

  test('a certificate that became ours, and then was removed, is gone from a merged trust manager too', async () => {
    await world.deploy();
    const subject = await merging(jdk);
    await world.attach(subject);
    await world.until(subject, ({ state }) => state === 'LIVE');
    expect(await subject.ask('call', 'merged', otherPort)).toMatch(/^ok/);
    await world.untilLive(subject, await world.deploy('other-ca=other'));
    expect(await subject.ask('call', 'merged', otherPort)).toMatch(/^ok/);
    await world.untilLive(subject, await world.deploy());
    expect(await subject.ask('call', 'merged', otherPort)).toMatch(/^fail/);
  });

  test.each([
    ['is missing', () => rmSync(history()), /^HISTORY_MISSING: /],
    ['was cut', () => writeFileSync(history(), readFileSync(history()).subarray(0, -5)), /^HISTORY_UNREADABLE: /],
    ['is of another truststore', () => rewrite(/ [0-9a-f]{64}/g, ` ${'0'.repeat(64)}`), /^HISTORY_BEHIND: /],
  ])(
    'where the history %s no JVM is LIVE, since a trust manager may hold what was removed',
    async (_how, spoil, reason) => {
      await world.deploy('partner-ca=partner');
      const subject = await merging(jdk);
      await world.deploy();
      const good = readFileSync(history());
      spoil();
      await world.attach(subject);
      expect((await world.until(subject, ({ state }) => state === 'LOADED')).reason).toMatch(reason);
      expect(await subject.ask('call', 'merged', otherPort)).toMatch(/^ok/);

      writeFileSync(history(), good);
      await world.until(subject, ({ state }) => state === 'LIVE');
      expect(await subject.ask('call', 'merged', port)).toMatch(/^fail/);
      expect(await subject.ask('call', 'merged', otherPort)).toMatch(/^ok/);
    },
  );

  test('a JVM that has loaded a truststore of before the history began is not LIVE', async () => {
    const sha256 = await world.deploy('partner-ca=partner');
    const subject = await merging(jdk);
    await world.attach(subject);
    await world.untilLive(subject, sha256);
    rewrite(/none 0/, `${bootId()} 99999999999`);
    const { reason } = await world.until(subject, ({ state }) => state === 'LOADED');
    expect(reason).toMatch(/^HISTORY_SHORT: /);
  });

  test('a JVM that is older than the history is LIVE, and not with a trust manager that holds more than our file', async () => {
    const sha256 = await world.deploy('partner-ca=partner');
    const subject = await merging(jdk);
    const ticks = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 100;
    rewrite(/none 0/, `${bootId()} ${Math.floor(ticks)}`);
    await world.attach(subject);
    await world.untilLive(subject, sha256);
    expect(await subject.ask('call', 'merged', otherPort)).toMatch(/^ok/);
    const { reason } = await world.until(subject, ({ state }) => state === 'LOADED');
    expect(reason).toMatch(/^HISTORY_SHORT: /);
  });

  test('what this JVM saw removed is gone from a merged trust manager without any history', async () => {
    await world.deploy('partner-ca=partner');
    const subject = await merging(jdk);
    await world.attach(subject);
    await world.until(subject, ({ state }) => state === 'LIVE');
    const sha256 = await world.deploy();
    rmSync(history());
    await world.until(subject, ({ loaded }) => loaded?.sha256 === sha256);
    expect(await subject.ask('call', 'merged', port)).toMatch(/^fail/);
    expect(await subject.ask('call', 'merged', otherPort)).toMatch(/^ok/);
  });

  test('a JVM whose own truststore is a merge with our file keeps its own CA', async () => {
    await world.lab.do('store', world.path('merge.p12'), 'trustcast/marker=marker', 'own-ca=other');
    await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none', [`-Djavax.net.ssl.trustStore=${world.path('merge.p12')}`]);
    await subject.do('make', 'client', 'null-managers');
    await world.attach(subject);
    await world.until(subject, ({ state }) => state === 'LIVE');
    for (const asked of [port, otherPort]) expect(await subject.ask('call', 'client', asked)).toMatch(/^ok/);
  });
});

function rewrite(what: RegExp, by: string): void {
  const bytes = readFileSync(history());
  const end = bytes.indexOf('\n') + 1;
  writeFileSync(history(), bytes.subarray(0, end).toString('latin1').replace(what, by));
  appendFileSync(history(), bytes.subarray(end));
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
