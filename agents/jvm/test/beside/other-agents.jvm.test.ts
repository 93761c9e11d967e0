import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { findJvms } from '../jdks.js';
import { secondAgent } from './second-agent.js';
import { World } from '../world.js';

let world: World;
let port: number;

beforeAll(async () => {
  world = await World.create();
  port = await world.serve('partner');
});

afterEach(async () => world.stopSubjects());

afterAll(async () => world.close());

describe.each(findJvms())('JDK $major', (jdk) => {
  test.each([
    ['X509TrustManagerImpl', 'uses no TLS yet', /^HOOK_SILENT: ISSUERS/],
    ['X509TrustManagerImpl', 'uses TLS', /^(HOOK_SILENT: ISSUERS|DEFAULT_FACTORY_LACKS)/],
    ['SSLSessionImpl', 'uses TLS', /^HOOK_SILENT: SESSION/],
  ])('where another agent has put %s back, a JVM that %s ceases to be LIVE by itself', async (type, how, reason) => {
    const sha256 = await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none');
    await world.attach(subject);
    await world.untilLive(subject, sha256);
    if (how === 'uses TLS') {
      await subject.do('make', 'client', 'null-managers');
      expect(await subject.ask('call', 'client', port)).toMatch(/^ok/);
    }
    await world.attach(subject, type, secondAgent(jdk, world));
    const status = await world.until(subject, ({ state }) => state === 'LOADED');
    expect(status.reason).toMatch(reason);
  });

  test('a JVM ceases to be LIVE when it is detached, also where another agent keeps our patches in', async () => {
    const sha256 = await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none');
    await world.attach(subject);
    await world.untilLive(subject, sha256);
    await world.attach(subject, 'broken', secondAgent(jdk, world));
    await world.attach(subject, `dir=${world.directory},detach=true`);
    expect(world.status(subject)).toBeUndefined();
  });

  test.each(['uses no TLS yet', 'uses TLS'])(
    'where another agent lets every peer in, a JVM that %s is not LIVE',
    async (how) => {
      const sha256 = await world.deploy('partner-ca=partner');
      const subject = await world.subject(jdk, 'none');
      await world.attach(subject);
      await world.untilLive(subject, sha256);
      await subject.do('make', 'client', 'null-managers');
      const other = await world.serve('other');
      if (how === 'uses TLS') expect(await subject.ask('call', 'client', other)).toMatch(/^fail/);
      await world.attach(subject, 'lenient', secondAgent(jdk, world));
      const { reason } = await world.until(subject, ({ state }) => state === 'LOADED');
      expect(reason).toBe('DEFAULT_FACTORY_TRUSTS_OTHERWISE');
      expect(await subject.ask('call', 'client', other)).toMatch(/^ok/);
    },
  );
});
