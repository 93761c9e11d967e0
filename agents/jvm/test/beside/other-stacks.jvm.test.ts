import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { findJvms } from '../jdks.js';
import { release } from '../release.js';
import { World } from '../world.js';

/** Where the test programs have classes with the names of other TLS stacks. */
const STACKS = 'io.trustcast.jvm.test';

let world: World;

beforeAll(async () => {
  world = await World.create();
});

afterEach(async () => world.stopSubjects());

afterAll(async () => world.close());

describe.each(findJvms())('JDK $major', (jdk) => {
  test.each(['premain', 'agentmain'] as const)(
    'a TLS stack that comes after the agent (%s), also a relocated one, is named; from the next removal on there is no LIVE',
    async (via) => {
      await world.deploy();
      const subject = await world.subject(jdk, via === 'premain' ? via : 'none');
      if (via === 'agentmain') await world.attach(subject);
      expect(await world.until(subject, ({ state }) => state === 'LIVE')).toMatchObject({ reason: null });
      await subject.do('load', `${STACKS}.conscrypt.AbstractSessionContext`);
      const reason = `OTHER_TLS_STACK: ${STACKS}.conscrypt`;
      expect(await world.untilLive(subject, await world.deploy('partner-ca=partner'))).toMatchObject({ reason });
      for (const entries of [[], ['other-ca=other']]) {
        const sha256 = await world.deploy(...entries);
        expect(await world.until(subject, ({ loaded }) => loaded?.sha256 === sha256)).toMatchObject({
          state: 'LOADED',
          reason,
        });
      }
      const jar = release(world, '7.0.0', world.path('agent.jar'));
      await world.attach(subject, `dir=${world.directory}`, jar);
      expect(await world.until(subject, ({ agentVersion }) => agentVersion === '7.0.0')).toMatchObject({
        state: 'LOADED',
        reason,
      });
    },
  );

  test.each([
    'conscrypt.AbstractSessionContext',
    'netty.handler.codec.quic.QuicheQuicChannel',
    'tomcat.util.net.openssl.panama.OpenSSLSessionContext',
    'wildfly.openssl.OpenSSLSessionContext',
  ])('%s that was there before the agent may keep sessions of removed anchors: the JVM is not LIVE', async (type) => {
    await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none');
    await subject.do('load', `${STACKS}.${type}`);
    await world.attach(subject);
    const { reason } = await world.until(subject, ({ state }) => state === 'LOADED');
    expect(reason).toBe(`OTHER_TLS_STACK: ${STACKS}.${type.replace(/\.\w+$/, '')}`);
  });

  test('a TLS stack that has trust managers of its own, and sessions, is named beside LIVE until a removal', async () => {
    await world.deploy();
    const subject = await world.subject(jdk, 'none');
    await world.attach(subject);
    await world.until(subject, ({ state }) => state === 'LIVE');
    await subject.do('load', `${STACKS}.jsse.provider.ProvSSLSessionContext`);
    const sha256 = await world.deploy('partner-ca=partner');
    const { otherTrust } = await world.untilLive(subject, sha256);
    expect(otherTrust).toEqual([{ kind: 'OWN_STACK', name: `${STACKS}.jsse.provider`, count: 1 }]);
    const emptied = await world.deploy();
    const { state, reason } = await world.until(subject, ({ loaded }) => loaded?.sha256 === emptied);
    expect([state, reason]).toEqual(['LOADED', `OTHER_TLS_STACK: ${STACKS}.jsse.provider`]);
  });
});
