import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { findJvms } from '../jdks.js';
import { World } from '../world.js';

/** Where the test programs have classes with the names of other TLS stacks. */
const STACKS = 'io.trustcast.jvm.test';

let world: World;
let port: number;

beforeAll(async () => {
  world = await World.create();
  port = await world.serve('other');
  await world.lab.do('store', world.path('own.p12'), 'own-ca=other');
});

afterEach(async () => world.stopSubjects());

afterAll(async () => world.close());

describe.each(findJvms())('JDK $major', (jdk) => {
  test('a trust manager of an own truststore is named beside LIVE from its first judgement until it is gone', async () => {
    await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none');
    await subject.do('make', 'client', `file-pkix:${world.path('own.p12')}`);
    await subject.do('issuers', world.path('own.p12'));
    await world.attach(subject);
    expect((await world.until(subject, ({ state }) => state === 'LIVE')).otherTrust).toEqual([]);
    expect(await subject.ask('call', 'client', port)).toMatch(/^ok/);
    const named = [{ kind: 'OWN_TRUSTSTORE', name: `${STACKS}.Clients`, count: 1 }];
    const { state } = await world.until(subject, ({ otherTrust }) => otherTrust.length > 0);
    expect(state).toBe('LIVE');
    await world.untilLive(subject, await world.deploy());
    expect(world.status(subject)?.otherTrust).toEqual(named);

    await subject.do('make', 'client', 'null-managers');
    await subject.do('gc');
    await world.until(subject, ({ otherTrust }) => otherTrust.length === 0);
  });

  test('a stack that judges by itself is named beside LIVE, also a relocated one', async () => {
    await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none');
    await subject.do('load', `${STACKS}.awssdk.crt.io.TlsContext`);
    await world.attach(subject);
    const status = await world.until(subject, ({ state }) => state === 'LIVE');
    expect(status.otherTrust).toEqual([{ kind: 'OWN_STACK', name: `${STACKS}.awssdk.crt.io`, count: 1 }]);
    await world.untilLive(subject, await world.deploy());
  });

  test('QUIC that was prepared and is not used keeps no JVM from LIVE after a removal', async () => {
    await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none');
    await world.attach(subject);
    await world.until(subject, ({ state }) => state === 'LIVE');
    for (const type of ['QuicheQuicSslContext', 'QuicheQuicSslEngine'])
      await subject.do('load', `${STACKS}.netty.handler.codec.quic.${type}`);
    await world.untilLive(subject, await world.deploy());
    await world.untilLive(subject, await world.deploy('other-ca=other'));
  });

  test.each([
    ['default context', ['default-wrapped'], 'null-managers'],
    ['HttpsURLConnection factory', ['url-connection-wrapped'], 'url-connection'],
  ])('a %s that wraps the one of the JDK follows, and is LIVE', async (_what, command, client) => {
    await world.deploy();
    const subject = await world.subject(jdk, 'none');
    await subject.do(...command);
    await subject.do('make', 'default', 'default-factory');
    await subject.do('make', 'client', client);
    await world.attach(subject);
    await subject.ask('call', 'default', port);
    await world.untilLive(subject, await world.deploy('other-ca=other'));
    for (const name of ['default', 'client']) expect(await subject.ask('call', name, port)).toMatch(/^ok/);
    await world.untilLive(subject, await world.deploy());
    for (const name of ['default', 'client']) expect(await subject.ask('call', name, port)).toMatch(/^fail/);
  });

  test('a default context that keeps the one of the JDK, and makes its connections otherwise, is not LIVE', async () => {
    await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none');
    await subject.do('default-wrapped', 'trust-all');
    await world.attach(subject);
    const { reason } = await world.until(subject, ({ state }) => state === 'LOADED');
    expect(reason).toMatch(/^DEFAULT_CONTEXT_(UNTRIED|FOREIGN)/);
    await subject.do('make', 'client', 'default-factory');
    expect(await subject.ask('call', 'client', port)).toMatch(/^ok/);
    await world.until(subject, (status) => status.reason?.startsWith('DEFAULT_CONTEXT_FOREIGN') ?? false);
  });
});
