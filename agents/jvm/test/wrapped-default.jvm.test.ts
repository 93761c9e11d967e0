import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { findJvms } from './jdks.js';
import { World } from './world.js';

let world: World;
let port: number;

beforeAll(async () => {
  world = await World.create();
  port = await world.serve('partner');
  await world.lab.do('store', world.path('own.p12'), 'own-ca=other');
  await world.lab.do('self', 'issuer', 'ca');
  await world.lab.do('issue', 'issued', 'issuer');
});

afterEach(async () => world.stopSubjects());

afterAll(async () => world.close());

describe.each(findJvms())('JDK $major, a default context with a trust manager of the application', (jdk) => {
  test.each([
    ['lists the issuers of the JDK and trusts everybody', 'lenient-wrapper'],
    ['accepts every self-signed certificate and asks the JDK of the others', 'self-signed-wrapper'],
    ['asks the JDK and does not mind what it says', 'logging-wrapper'],
    ['asks the JDK of servers and accepts every client', 'clients-wrapper'],
    ['lists the issuers of the JDK and asks a pinned trust manager', 'pinned-wrapper:own.p12'],
  ])('that %s is not LIVE, before TLS was used and after it, also with nothing managed', async (_what, kind) => {
    await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none');
    await subject.do('default-manager', kind.replace('own.p12', world.path('own.p12')));
    await world.attach(subject);
    const untried = await world.until(subject, ({ state }) => state === 'LOADED');
    expect(untried.reason).toMatch(/^DEFAULT_CONTEXT_UNTRIED: /);
    await subject.do('make', 'client', 'null-managers');
    expect(await subject.ask('call', 'client', port)).toMatch(/^ok/);
    for (const entries of [['other-ca=other'], []]) {
      const sha256 = await world.deploy(...entries);
      const status = await world.until(
        subject,
        ({ loaded, reason }) => loaded?.sha256 === sha256 && reason?.includes('_UNTRIED') === false,
      );
      expect([status.state, status.reason]).toEqual([
        'LOADED',
        expect.stringMatching(/^DEFAULT_CONTEXT_TRUSTS_OTHERWISE: /),
      ]);
    }
  });

  test('that asks the JDK in everything is LIVE and follows', async () => {
    await world.deploy();
    const subject = await world.subject(jdk, 'none');
    await subject.do('default-manager', 'wrapper');
    await subject.do('make', 'client', 'http-client');
    await world.attach(subject);
    expect(await subject.ask('call', 'client', port)).toMatch(/^fail/);
    await world.untilLive(subject, await world.deploy('partner-ca=partner'));
    expect(await subject.ask('call', 'client', port)).toMatch(/^ok/);
    await world.untilLive(subject, await world.deploy());
    expect(await subject.ask('call', 'client', port)).toMatch(/^fail/);
  });

  test('that also trusts a removed certificate by itself is not LIVE, nor after the next removal', async () => {
    await world.deploy('partner-ca=partner', 'other-ca=other');
    const subject = await world.subject(jdk, 'none');
    await subject.do('default-manager', `composite:${world.path('own.p12')}`);
    await world.attach(subject);
    await subject.do('make', 'client', 'null-managers');
    expect(await subject.ask('call', 'client', port)).toMatch(/^ok/);
    await world.until(subject, ({ state }) => state === 'LIVE');
    for (const entries of [['partner-ca=partner'], []]) {
      const sha256 = await world.deploy(...entries);
      const status = await world.until(subject, ({ loaded }) => loaded?.sha256 === sha256);
      expect(status.reason).toMatch(/^DEFAULT_CONTEXT_KEEPS/);
    }
  });

  test('is not asked what would fix the properties that the application has yet to set', async () => {
    await world.deploy('issuer=issuer');
    const subject = await world.subject(jdk, 'none');
    await subject.do('default-manager', 'wrapper');
    await world.attach(subject);
    await world.until(subject, ({ state }) => state === 'LOADED');
    await subject.do('property', 'com.sun.net.ssl.checkRevocation', 'true');
    await subject.do('make', 'client', 'null-managers');
    expect(await subject.ask('call', 'client', await world.serve('issued'))).toMatch(/^fail .*revocation/);
  });
});
