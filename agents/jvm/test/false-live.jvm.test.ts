import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { findJvms } from './jdks.js';
import { World } from './world.js';

/** What an application can do and undo: the command, the one that undoes it, and the reason meanwhile. */
const REVERTIBLE: [string[], string[], string][] = [
  ...['ssl.SocketFactory.provider', 'ssl.ServerSocketFactory.provider'].map((name): [string[], string[], string] => [
    ['security', name, 'own.Factory'],
    ['security', name],
    'SOCKET_FACTORY_FOREIGN',
  ]),
  [
    ['security', 'ssl.TrustManagerFactory.algorithm', 'Unknown'],
    ['security', 'ssl.TrustManagerFactory.algorithm', 'PKIX'],
    'CANARY_FAILED',
  ],
  ...Object.entries({
    'SSLContext.TLS': 'PROVIDER_FOREIGN: SSLContext.TLS of Own',
    'SSLContext.TLSv1.2': 'PROVIDER_FOREIGN: SSLContext.TLSv1.2 of Own',
    'TrustManagerFactory.PKIX': 'DEFAULT_FACTORY_FOREIGN',
    'TrustManagerFactory.SunX509': 'PROVIDER_FOREIGN: TrustManagerFactory.SunX509 of Own',
    'CertPathBuilder.PKIX': 'DEFAULT_FACTORY_TRUSTS_OTHERWISE',
    'CertPathValidator.PKIX': 'DEFAULT_FACTORY_TRUSTS_OTHERWISE',
  }).map(([service, reason]): [string[], string[], string] => [
    ['provider', service],
    ['remove-provider', 'Own'],
    reason,
  ]),
];

/** What an application can put in place of the default, one after the other: each has another reason than the one before. */
const OWN: readonly (readonly [string[], string])[] = [
  [['url-connection-factory', 'own.p12'], 'URL_CONNECTION_FACTORY_NOT_MANAGED'],
  // Pinned.
  [['default-context', 'own.p12'], 'DEFAULT_CONTEXT_NOT_MANAGED'],
  [['default-manager', 'own-pkix:own.p12'], 'DEFAULT_CONTEXT_FOREIGN'],
  // Wraps a pinned one.
  [['default-manager', 'wrapper:own.p12'], 'DEFAULT_CONTEXT_NOT_MANAGED'],
  [['default-manager', 'trust-all'], 'DEFAULT_CONTEXT_FOREIGN'],
];

let world: World;
let port: number;

beforeAll(async () => {
  world = await World.create();
  port = await world.serve('partner');
  await world.lab.do('store', world.path('own.p12'), 'own-ca=other');
  writeFileSync(world.path('corrupt.p12'), 'garbage');
  await world.lab.do('self', 'issuer', 'ca');
  await world.lab.do('issue', 'issued', 'issuer');
});

afterEach(async () => world.stopSubjects());

afterAll(async () => world.close());

describe.each(findJvms())('JDK $major', (jdk) => {
  test('a JVM is not LIVE when its default context or its HttpsURLConnection factory is its own, also with nothing managed', async () => {
    await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none');
    await world.attach(subject);
    await world.until(subject, ({ state }) => state === 'LIVE');
    for (const [command, reason] of OWN) {
      await subject.do(...command.map((word) => word.replace(/[a-z]+\.p12$/, (file) => world.path(file))));
      for (const entries of [['other-ca=other'], []]) {
        const sha256 = await world.deploy(...entries);
        const status = await world.until(subject, ({ loaded }) => loaded?.sha256 === sha256);
        expect([command, status.state]).toEqual([command, 'LOADED']);
        expect(status.reason).toMatch(new RegExp(`^${reason}`));
      }
    }
  });

  test('a JVM is not LIVE while another provider or a security property changes its defaults, and is when it is gone', async () => {
    const subject = await world.subject(jdk, 'none');
    await world.deploy('partner-ca=partner');
    await world.attach(subject);
    for (const [apply, undo, reason] of REVERTIBLE) {
      await world.untilLive(subject, await world.deploy('partner-ca=partner'));
      await subject.do(...apply);
      for (const entries of [['other-ca=other'], []]) {
        const sha256 = await world.deploy(...entries);
        const status = await world.until(subject, ({ loaded }) => loaded?.sha256 === sha256);
        expect([apply, status.state]).toEqual([apply, 'LOADED']);
        expect(status.reason).toMatch(new RegExp(`^${reason}`));
      }
      await subject.do(...undo);
    }
    await world.untilLive(subject, await world.deploy('partner-ca=partner'));
  });

  test('a JVM whose default truststore cannot be read is not LIVE', async () => {
    await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none', [`-Djavax.net.ssl.trustStore=${world.path('corrupt.p12')}`]);
    await world.attach(subject);
    const status = await world.until(subject, ({ state }) => state === 'LOADED');
    expect(status.reason).toMatch(/^DEFAULT_TRUSTSTORE_UNREADABLE/);
  });

  test('a JVM that could not make its default context, and will not try again, is not LIVE', async () => {
    await world.deploy('partner-ca=partner');
    const truststore = world.path('mended.p12');
    writeFileSync(truststore, 'garbage');
    const subject = await world.subject(jdk, 'none', [`-Djavax.net.ssl.trustStore=${truststore}`]);
    await subject.do('default-factories');
    await world.lab.do('store', truststore, 'own-ca=other');
    await world.attach(subject);
    await world.until(subject, ({ reason }) => reason?.startsWith('DEFAULT_CONTEXT_BROKEN') ?? false);
  });

  test('a JVM that will make its default context from what it made before its truststore was another is not LIVE', async () => {
    await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none');
    await subject.do('property', 'javax.net.ssl.trustStore', world.path('own.p12'));
    await subject.do('default-managers');
    await subject.do('property', 'javax.net.ssl.trustStore', world.truststore);
    await world.attach(subject);
    const { reason } = await world.until(subject, ({ state }) => state === 'LOADED');
    expect(reason).toMatch(/^DEFAULT_CONTEXT_NOT_MANAGED/);
  });

  test('a JVM with a trust manager that cannot be given the set is FAILED from its first use until it is gone', async () => {
    await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none');
    await subject.do('make', 'client', `file-fixed:${world.truststore}`);
    await world.attach(subject);
    await world.until(subject, ({ state }) => state === 'LIVE');
    expect(await subject.ask('call', 'client', port)).toMatch(/^ok/);
    const refused = await world.until(subject, ({ state, sequence }) => state === 'FAILED' && sequence > 3);
    expect(refused.reason).toMatch(/^HOOK_ERRORS: a trust manager keeps what it trusted before: /);
    expect(refused.lastError?.message).toMatch(
      /^java\.security\.InvalidAlgorithmParameterException: fixed at io\.trustcast\.jvm\.test\.Clients\$FixedParameters\.setTrustAnchors at /,
    );
    const sha256 = await world.deploy();
    expect(await world.until(subject, ({ loaded }) => loaded?.sha256 === sha256)).toMatchObject({ state: 'FAILED' });
    await subject.do('make', 'client', 'null-managers');
    await subject.do('gc');
    await world.until(subject, ({ state }) => state === 'LIVE');
  });

  test('a JVM that cannot write its status takes back the last one, and writes as soon as it can', async () => {
    const sha256 = await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none');
    await world.attach(subject);
    await world.untilLive(subject, sha256);
    const limit = (bytes: string): void =>
      void execFileSync('prlimit', ['--pid', `${subject.pid}`, `--fsize=${bytes}:`]);
    limit('10');
    await subject.do('default-context', world.path('own.p12'));
    while (world.status(subject) !== undefined) await delay(50);
    limit('unlimited');
    await world.until(subject, ({ state }) => state === 'LOADED');
  });

  test('a truststore property set after the agent came is followed: LIVE goes together with trust', async () => {
    await world.deploy();
    const subject = await world.subject(jdk, 'premain');
    await subject.do('property', 'javax.net.ssl.trustStore', world.path('own.p12'));
    await subject.do('make', 'client', 'null-keystore');
    await world.untilLive(subject, await world.deploy('partner-ca=partner'));
    expect(await subject.ask('call', 'client', port)).toMatch(/^ok/);
    await subject.do('property', 'javax.net.ssl.trustStore', world.truststore);
    await subject.do('make', 'later', 'null-keystore');
    expect(await subject.ask('call', 'later', port)).toMatch(/^ok/);
    await world.untilLive(subject, await world.deploy());
    expect(await subject.ask('call', 'client', port)).toMatch(/^fail/);
    expect(await subject.ask('call', 'later', port)).toMatch(/^fail/);
  });

  test.each(['premain', 'agentmain'] as const)(
    'an application that sets up its own TLS long after the agent came (%s) and says LIVE is not forestalled',
    async (via) => {
      const sha256 = await world.deploy('issuer=issuer');
      const subject = await world.subject(jdk, via);
      if (via === 'agentmain') await world.attach(subject);
      await world.untilLive(subject, sha256);
      await subject.do('issuers');
      await subject.do('property', 'com.sun.net.ssl.checkRevocation', 'true');
      await subject.do('make', 'client', 'null-managers');
      expect(await subject.ask('call', 'client', await world.serve('issued'))).toMatch(/^fail .*revocation/);
      await world.untilLive(subject, await world.deploy());
    },
  );

  test.each(['ssl.SocketFactory.provider', 'ssl.ServerSocketFactory.provider'])(
    'a JVM that no longer names a socket factory in %s, but has made it, is not LIVE',
    async (property) => {
      await world.deploy('partner-ca=partner');
      const subject = await world.subject(jdk, 'none');
      await subject.do(
        'security',
        property,
        `io.trustcast.jvm.test.OwnFactories$${property.includes('Server') ? 'Servers' : 'Clients'}`,
      );
      await subject.do('default-factories');
      await subject.do('security', property);
      await world.attach(subject);
      const { reason } = await world.until(subject, ({ state }) => state === 'LOADED');
      expect(reason).toMatch(/^SOCKET_FACTORY_FOREIGN: io.trustcast.jvm.test.OwnFactories/);
    },
  );

  test('an anchor that the JVM trusts without us is named', async () => {
    await world.deploy('same=other');
    const subject = await world.subject(jdk, 'none', [`-Djavax.net.ssl.trustStore=${world.path('own.p12')}`]);
    await world.attach(subject);
    expect(await world.until(subject, ({ state }) => state === 'LIVE')).toMatchObject({ alsoInBase: ['same'] });
  });
});
