import { spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { JavaProcess } from './java-process.js';
import { type Jdk, findJvms } from './jdks.js';
import { World } from './world.js';

const LONG_MS = 120_000;
const PROTOCOLS = ['TLSv1.2', 'TLSv1.3'];
/** What the list may have, so that the message around it is one that Java clients take. */
const MOST = 32_768 - 256;

let world: World;
let calls = 0;

beforeAll(async () => {
  world = await World.create();
});

afterEach(async () => world.stopSubjects());

afterAll(async () => world.close());

/** Deploys anchors whose names have this many bytes in all. */
async function deploy(bytes: number, ...entries: string[]): Promise<string> {
  const answer = await world.lab.do('named', world.truststore, bytes, 'trustcast/marker=marker', ...entries);
  return answer.split(' ')[0] ?? '';
}

/** A full handshake of a Java client that presents this identity. */
async function call(port: string, identity = 'partner'): Promise<string> {
  const client = `client-${(calls += 1)}`;
  await world.lab.do('client', client, identity);
  return world.lab.ask('call', client, port);
}

/** The names that the server sends, as OpenSSL lists them. */
function namesOf(port: string, protocol: string): number {
  const version = protocol === 'TLSv1.2' ? '-tls1_2' : '-tls1_3';
  // It has no certificate to present, so it fails.
  const { stdout: text } = spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, version], {
    input: '',
    encoding: 'utf8',
  });
  if (text.includes('No client certificate CA names sent')) return 0;
  return /Acceptable client certificate CA names\n((?:.*=.*\n)+)/.exec(text)?.[1]?.trim().split('\n').length ?? -1;
}

async function server(jdk: Jdk, protocol: string, option = ''): Promise<{ subject: JavaProcess; port: string }> {
  const subject = await world.subject(jdk, 'none');
  const port = await subject.do('serve', world.truststore, protocol);
  await world.attach(subject, `dir=${world.directory}${option}`);
  return { subject, port };
}

describe.each(findJvms())('JDK $major', (jdk) => {
  test.each(PROTOCOLS)(
    'a %s server that asks for client certificates goes on, LIVE, while the names of its anchors cross 24, 32 and 64 KiB',
    async (protocol) => {
      await deploy(20_000, 'partner-ca=partner');
      const { subject, port } = await server(jdk, protocol);
      for (const bytes of [20_000, 24_577, MOST, MOST + 1, 32_769, 65_535, 65_536, 90_000, MOST, 1_000]) {
        await world.untilLive(subject, await deploy(bytes, 'partner-ca=partner'));
        expect([bytes, await call(port)]).toEqual([bytes, 'ok full']);
        expect(await call(port, 'other')).toMatch(/^fail /);
      }
      await world.untilLive(subject, await deploy(90_000, 'other-ca=other'));
      expect(await call(port)).toMatch(/^fail /);
      expect(await call(port, 'other')).toBe('ok full');
      expect(world.status(subject)?.hookErrors).toBe(0);
    },
    LONG_MS,
  );

  test.each(PROTOCOLS)(
    'a %s server sends all names while they fit, none above, and the application sees all of them always',
    async (protocol) => {
      await deploy(MOST, 'partner-ca=partner');
      const { subject, port } = await server(jdk, protocol);
      await world.until(subject, ({ state }) => state === 'LIVE');
      const all = Number(await subject.do('issuers', world.truststore));
      expect(namesOf(port, protocol)).toBe(all);
      await world.untilLive(subject, await deploy(MOST + 1, 'partner-ca=partner'));
      expect(namesOf(port, protocol)).toBe(0);
      expect(Number(await subject.do('issuers', world.truststore))).toBeGreaterThanOrEqual(all);
    },
    LONG_MS,
  );

  test.each(PROTOCOLS)(
    'with issuers=all a %s server breaks above 32 KiB as the JDK does, and issuers=auto mends it while it runs',
    async (protocol) => {
      await deploy(MOST, 'partner-ca=partner');
      const { subject, port } = await server(jdk, protocol, ',issuers=all');
      await world.until(subject, ({ state }) => state === 'LIVE');
      expect(await call(port)).toBe('ok full');
      await world.untilLive(subject, await deploy(32_769, 'partner-ca=partner'));
      expect(await call(port)).toMatch(/^fail .*(handshake message|Broken pipe|Connection reset)/);
      await world.attach(subject, `dir=${world.directory},issuers=auto`);
      expect(await call(port)).toBe('ok full');
    },
    LONG_MS,
  );

  test.each(PROTOCOLS)('with issuers=none a %s server sends no name, and asks all the same', async (protocol) => {
    await deploy(1_000, 'partner-ca=partner');
    const { subject, port } = await server(jdk, protocol, ',issuers=none');
    await world.until(subject, ({ state }) => state === 'LIVE');
    expect(namesOf(port, protocol)).toBe(0);
    expect(await call(port)).toBe('ok full');
    expect(await call(port, 'other')).toMatch(/^fail /);
  });

  test('an unknown value of the option issuers is named, and what is allowed', async () => {
    const subject = await world.subject(jdk, 'none');
    await world.deploy('partner-ca=partner');
    await world.attach(subject, `dir=${world.directory},issuers=some`);
    await world.until(
      subject,
      ({ lastError }) => lastError?.message === 'BAD_OPTIONS: issuers=some is not known: issuers is auto, all or none',
    );
  });
});
