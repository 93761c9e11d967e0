import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { findJvms } from './jdks.js';
import { release } from './release.js';
import { World } from './world.js';

const TRUSTSTORE = 'javax.net.ssl.trustStore';
const CHANGED = /^DEFAULT_TRUSTSTORE_CHANGED: /;

let world: World;
let port: number;
let own: string;

beforeAll(async () => {
  world = await World.create();
  port = await world.serve('partner');
  await world.lab.do('self', 'issuer');
  await world.lab.do('store', world.path('first.p12'), 'own-ca=other');
  await world.lab.do('store', world.path('second.p12'), 'marker-of-nobody=other', 'own-ca=partner');
});

beforeEach(async () => {
  own = world.path('own.p12');
  copyFileSync(world.path('first.p12'), own);
  await world.deploy('partner-ca=partner');
});

afterEach(async () => world.stopSubjects());

afterAll(async () => world.close());

/** Another content under the same modification time, as package managers leave it. */
function replaceQuietly(): void {
  const { atime, mtime } = statSync(own);
  copyFileSync(world.path('second.p12'), own);
  utimesSync(own, atime, mtime);
}

function retarget(): void {
  unlinkSync(own);
  symlinkSync(world.path('second.p12'), own);
}

describe.each(findJvms())('JDK $major', (jdk) => {
  test.each([
    ['was replaced', () => copyFileSync(world.path('second.p12'), own)],
    ['was replaced by one with its modification time', replaceQuietly],
    ['is now a link to an older one', retarget],
  ])('a JVM that uses TLS and whose own truststore %s before the agent came is not LIVE', async (_what, change) => {
    const subject = await world.subject(jdk, 'none', [`-D${TRUSTSTORE}=${own}`]);
    await subject.do('make', 'before', 'null-keystore');
    change();
    const jar = release(world, '7.0.0', world.path('agent.jar'));
    await world.attach(subject, `dir=${world.directory}`, jar);
    expect((await world.until(subject, ({ state }) => state === 'LOADED')).reason).toMatch(CHANGED);

    release(world, '7.0.1', jar);
    await world.attach(subject, `dir=${world.directory}`, jar);
    await world.until(subject, ({ agentVersion }) => agentVersion === '7.0.1');
    const sha256 = await world.deploy();
    expect(await world.until(subject, ({ loaded }) => loaded?.sha256 === sha256)).toMatchObject({
      state: 'LOADED',
      reason: expect.stringMatching(CHANGED),
    });

    await world.attach(subject, `dir=${world.directory},detach=true`);
    await world.attach(subject);
    expect((await world.until(subject, ({ state }) => state === 'LOADED')).reason).toMatch(CHANGED);
    unlinkSync(own);
  });

  test('a JVM whose own truststore is reached by a link that was changed before the agent came is not LIVE', async () => {
    const [link, folders] = [world.path('current'), ['v1', 'v2'].map((name) => world.path(name))];
    for (const [index, folder] of folders.entries()) {
      mkdirSync(folder, { recursive: true });
      copyFileSync(world.path(index === 0 ? 'first.p12' : 'second.p12'), join(folder, 'own.p12'));
    }
    const point = (folder = ''): void => {
      rmSync(link, { force: true });
      symlinkSync(folder, link);
    };
    point(folders[0]);
    const subject = await world.subject(jdk, 'none', [`-D${TRUSTSTORE}=${link}/own.p12`]);
    await subject.do('make', 'before', 'null-keystore');
    point(folders[1]);
    await world.attach(subject);
    expect((await world.until(subject, ({ state }) => state === 'LOADED')).reason).toMatch(CHANGED);
  });

  test('a JVM with a trust manager from the file of another environment is FAILED from its first use on', async () => {
    const subject = await world.subject(jdk, 'none');
    await subject.do('make', 'before', `file-pkix:${world.truststore}`);
    await world.lab.do('renew', 'another-marker', 'marker');
    await world.lab.do('store', world.truststore, 'trustcast/marker=another-marker');
    await world.attach(subject);
    await world.until(subject, ({ state }) => state === 'LIVE');
    expect(await subject.ask('call', 'before', port)).toMatch(/^ok/);
    expect((await world.until(subject, ({ state }) => state === 'FAILED')).reason).toMatch(/^MARKER_FOREIGN: /);
  });

  test('a JVM that has named another truststore before the agent came is not LIVE', async () => {
    const subject = await world.subject(jdk, 'none', [`-D${TRUSTSTORE}=${own}`]);
    await subject.do('make', 'before', 'null-keystore');
    await subject.do('property', TRUSTSTORE, world.path('second.p12'));
    await world.attach(subject);
    expect((await world.until(subject, ({ state }) => state === 'LOADED')).reason).toMatch(CHANGED);
  });

  test('a JVM that uses TLS and whose own truststore was deleted before the agent came is not LIVE', async () => {
    const subject = await world.subject(jdk, 'none', [], [`${TRUSTSTORE}=${own}`]);
    await subject.do('make', 'before', 'null-keystore');
    unlinkSync(own);
    await world.attach(subject);
    expect((await world.until(subject, ({ state }) => state === 'LOADED')).reason).toMatch(CHANGED);
  });

  test('a JVM whose own truststore was prepared before anything was read from it is LIVE', async () => {
    const subject = await world.subject(jdk, 'none', [`-D${TRUSTSTORE}=${own}`]);
    replaceQuietly();
    await world.attach(subject);
    await world.until(subject, ({ state }) => state === 'LIVE');
  });

  test('a JVM whose start script has prepared its truststore is LIVE', async () => {
    const script = world.path('java');
    writeFileSync(script, `#!/bin/sh\nsleep 0.2\ncp '${world.path('first.p12')}' '${own}'\nexec '${jdk.java}' "$@"\n`);
    chmodSync(script, 0o755);
    const subject = await world.subject({ ...jdk, java: script }, 'none', [`-D${TRUSTSTORE}=${own}`]);
    await subject.do('make', 'before', 'null-keystore');
    await world.attach(subject);
    await world.until(subject, ({ state }) => state === 'LIVE');
    expect(await subject.ask('call', 'before', port)).toMatch(/^ok/);
  });

  test('clients made before the own truststore changed beside the agent follow after an upgrade too', async () => {
    const jar = release(world, '7.0.0', world.path('agent.jar'));
    const subject = await world.subject(jdk, 'none', [`-D${TRUSTSTORE}=${own}`]);
    await world.attach(subject, `dir=${world.directory}`, jar);
    await world.until(subject, ({ state }) => state === 'LIVE');
    await subject.do('make', 'before', 'null-keystore');
    await world.lab.do('store', own, 'own-ca=other', 'another=issuer');
    await subject.do('make', 'after', 'null-keystore');
    release(world, '7.0.1', jar);
    await world.attach(subject, `dir=${world.directory}`, jar);
    await world.until(subject, ({ agentVersion, state }) => agentVersion === '7.0.1' && state === 'LIVE');
    for (const client of ['before', 'after']) expect(await subject.ask('call', client, port)).toMatch(/^ok/);
  });

  test.each([
    ['has an own truststore of before it', () => undefined, 'LIVE'],
    ['has an own truststore of after it', () => copyFileSync(world.path('second.p12'), own), 'LOADED'],
  ])('a release that knew nothing of all this is upgraded in a JVM that %s', async (_what, change, wanted) => {
    const subject = await world.subject(jdk, 'none', [`-D${TRUSTSTORE}=${own}`]);
    await subject.do('make', 'before', 'null-keystore');
    change();
    const jar = release(world, '7.0.0', world.path('agent.jar'), 'aloneMs', 'outdated', 'defaults');
    await world.attach(subject, `dir=${world.directory}`, jar);
    await world.until(subject, ({ loaded }) => loaded !== null);
    release(world, '7.0.1', jar);
    await world.attach(subject, `dir=${world.directory}`, jar);
    await world.until(subject, ({ agentVersion, state }) => agentVersion === '7.0.1' && state === wanted);
  });

  test.each(['premain', 'agentmain'] as const)(
    'clients made before main() names a truststore follow like those made after it (%s)',
    async (via) => {
      const subject = await world.subject(jdk, via === 'premain' ? via : 'none');
      await subject.do('make', 'before', 'null-keystore');
      await subject.do('property', TRUSTSTORE, own);
      await subject.do('make', 'after', 'null-keystore');
      if (via === 'agentmain') await world.attach(subject);
      await world.untilLive(subject, await world.deploy('partner-ca=partner'));
      for (const client of ['before', 'after']) expect(await subject.ask('call', client, port)).toMatch(/^ok/);
      await world.untilLive(subject, await world.deploy());
      for (const client of ['before', 'after']) expect(await subject.ask('call', client, port)).toMatch(/^fail/);
    },
  );

  test('clients made soon after the start follow, also when the truststore changes before the first look', async () => {
    const subject = await world.subject(jdk, 'premain', [`-D${TRUSTSTORE}=${own}`]);
    await subject.do('make', 'before', 'null-keystore');
    expect(world.status(subject)?.state).toBe('LOADED');
    await new Promise((resolve) => setTimeout(resolve, 200)); // looks every 50 ms
    await world.lab.do('store', own, 'own-ca=other', 'another=marker');
    await world.untilLive(subject, await world.deploy('partner-ca=partner'));
    expect(await subject.ask('call', 'before', port)).toMatch(/^ok/);
  });
});
