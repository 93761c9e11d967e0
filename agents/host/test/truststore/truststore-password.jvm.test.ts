import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { readKeystore } from '@trustcast/keystore';
import type { JvmReport } from '@trustcast/schema';
import { doctor } from '../support/doctor.js';
import { entriesOf, writeOf } from '../support/fixtures.js';
import { jdkHomes, jvmHomes } from '../support/jdk-homes.js';
import { useHost, useJava } from '../support/use-host.js';

const host = useHost();
const java = useJava(host);
const PASSWORD = 'correct horse 42';
const OTHER = 'battery staple 43';
/** In which a JVM looks at its default trust several times. */
const SEVERAL_LOOKS_MS = 5_000;
const withPassword = (password: string): Record<string, string> => ({ TRUSTCAST_TRUSTSTORE_PASSWORD: password });

const jdks = await jdkHomes();

/** Number of entries that a keytool sees; null where it refuses the file. */
function keytool(home: string, password?: string): number | null {
  const { status, stdout } = spawnSync(
    join(home, 'bin/keytool'),
    ['-list', '-keystore', host.truststore, ...(password === undefined ? [] : ['-storepass', password])],
    { encoding: 'utf8', input: '\n' },
  );
  return status === 0 ? (stdout.match(/trustedCertEntry/g) ?? []).length : null;
}

test('the file has a MAC by the password and plain entries, the same bytes for the same set, and every reader opens it', async () => {
  const file = join(host.home, 'password');
  writeFileSync(file, `${PASSWORD}\n`);
  const agent = await host.running({ TRUSTCAST_TRUSTSTORE_PASSWORD_FILE: file });
  await host.service.deploy({ upserts: await entriesOf('one', 'two') });
  await host.service.written();
  const bytes = readFileSync(host.truststore);
  expect(readKeystore(bytes, { password: PASSWORD })).toMatchObject({
    integrityVerified: true,
    entries: { length: 3 },
  });
  expect(readKeystore(bytes).entries).toHaveLength(3);
  expect(() => readKeystore(bytes, { password: OTHER })).toThrow('the password is wrong');

  for (const home of jdks)
    expect([home, keytool(home), keytool(home, PASSWORD), keytool(home, OTHER)]).toEqual([home, 3, 3, null]);
  const certificates = (text: string, mark: RegExp): number => (text.match(mark) ?? []).length;
  const openssl = ['pkcs12', '-in', host.truststore, '-nokeys', '-passin', `pass:${PASSWORD}`];
  expect(certificates(execFileSync('openssl', openssl, { encoding: 'utf8', stdio: 'pipe' }), /BEGIN CERT/g)).toBe(3);

  const written = writeOf(host.truststore);
  await agent.stop();
  const again = await host.running({ TRUSTCAST_TRUSTSTORE_PASSWORD_FILE: file });
  expect(writeOf(host.truststore)).toBe(written);
  const { of, findings } = await doctor(host, withPassword(PASSWORD));
  expect(of('truststore')).toEqual(['ok: 3 entries, with a MAC of TRUSTCAST_TRUSTSTORE_PASSWORD']);
  for (const text of [agent.output, again.output, JSON.stringify(findings)]) expect(text).not.toContain(PASSWORD);
});

test('doctor tells a password that it was not given, one that is not the file’s yet, and one that a stranger has set', async () => {
  const agent = await host.running(withPassword(PASSWORD));
  const said = async (over: Record<string, string>): Promise<string> => {
    const [first = ''] = (await doctor(host, over)).of('truststore');
    return first;
  };
  expect(await said({})).toBe('notice: 1 entries, with a MAC of a password that this command was not given');
  expect(await said(withPassword(OTHER))).toMatch(/^problem: 1 entries, and a MAC of another password/);
  await agent.stop();
  await (await host.running()).stop();
  expect(await said({})).toBe('ok: 1 entries, no password needed');
  expect(await said(withPassword(PASSWORD))).toMatch(
    /^problem: 1 entries, and no MAC of TRUSTCAST_TRUSTSTORE_PASSWORD/,
  );
});

/** Runs java with the file open, as a class path that is in use is. */
const opening = (jar: string): string[] => ['sh', '-c', 'exec 3< "$0"; exec "$@"', jar];

test.each([
  ['bcprov-jdk18on-1.82.jar', false, PASSWORD, /^notice: bcprov\S* is in use; .* only without .*, which is set/],
  ['bcprov-jdk18on-1.82.jar', true, null, /^notice: bcprov\S* is in use; .* only with .*, which is not set/],
  ['bcprov-jdk18on-1.82.jar', false, null, null],
  ['bcprov-jdk18on-1.82.jar', true, PASSWORD, null],
  ['bc-fips-2.1.1.jar', false, null, /^notice: bc-fips\S* is in use; .* only with .*, which is not set/],
  ['bc-fips-2.1.1.jar', false, PASSWORD, null],
  ['other.jar', true, OTHER, /^problem: its javax.net.ssl.trustStorePassword is not/],
  ['other.jar', true, null, null],
])(
  'doctor says whether a JVM with %s opens a file with a MAC (%s) when it gives %s',
  async (name, mac, given, said) => {
    const jar = join(host.home, name);
    writeFileSync(jar, '');
    const settings = mac ? withPassword(PASSWORD) : {};
    await host.running(settings);
    const options = given === null ? [] : [`-Djavax.net.ssl.trustStorePassword=${given}`];
    const named = `-Djavax.net.ssl.trustStore=${host.truststore}`;
    const { pid } = await java(jdks[0]!, [host.javaagent, named, ...options], opening(jar));
    await host.service.status(({ jvms }) => jvms.some((jvm) => jvm.pid === pid && jvm.via !== null), 60_000);
    const check = `password of JVM ${pid}`;
    expect((await doctor(host, settings)).of(check)).toEqual(said === null ? [] : [expect.stringMatching(said)]);
  },
);

test.each(await jvmHomes())(
  'JVMs of %s go on while the password changes: those that give none or the right one are LIVE, and one that gives the old is named',
  async (home) => {
    let agent = await host.running(withPassword(PASSWORD));
    await host.service.deploy({ upserts: await entriesOf('before') });
    await host.service.written();
    const named = `-Djavax.net.ssl.trustStore=${host.truststore}`;
    const given = `-Djavax.net.ssl.trustStorePassword=${PASSWORD}`;
    const none = await java(home, [host.javaagent, named]);
    const right = await java(home, [host.javaagent, named, given]);
    const own = await java(home, [host.javaagent]);
    const all = [none, right, own];
    const reports = (test: (jvms: (JvmReport | undefined)[]) => boolean) =>
      host.service.status(({ jvms }) => test(all.map(({ pid }) => jvms.find((jvm) => jvm.pid === pid))), 60_000);
    const atLast = (jvm: JvmReport | undefined): boolean => jvm?.at?.revision === host.service.position.revision;
    await reports((jvms) => jvms.every((jvm) => jvm?.state === 'LIVE' && atLast(jvm)));
    expect((await doctor(host, withPassword(PASSWORD))).of(`password of JVM ${right.pid}`)).toEqual([]);

    await agent.stop();
    agent = await host.running(withPassword(OTHER));
    await host.service.deploy({ upserts: await entriesOf('after'), removals: ['before'] });
    await host.service.written();
    await reports((jvms) => jvms.every((jvm, index) => atLast(jvm) && (index === 1 || jvm?.state === 'LIVE')));
    const { jvms } = await reports(([, other]) => other?.state === 'LOADED');
    // It follows with what it has, and what it makes from now on by default cannot open the file.
    expect(jvms.find(({ pid }) => pid === right.pid)?.reason).toMatch(/password|UNREADABLE|BROKEN/i);
    // The JDK tells once of a file that it cannot open, and hands out what it had before from then on.
    await sleep(SEVERAL_LOOKS_MS);
    expect(host.service.statuses.at(-1)?.jvms.find(({ pid }) => pid === right.pid)?.state).toBe('LOADED');
    expect(all.map(({ isRunning }) => isRunning)).toEqual([true, true, true]);
    expect((await doctor(host, withPassword(OTHER))).of(`password of JVM ${right.pid}`)).toEqual([
      expect.stringMatching(/^problem: its javax.net.ssl.trustStorePassword is not TRUSTCAST_TRUSTSTORE_PASSWORD/),
    ]);

    await agent.stop();
    await host.running();
    await reports((jvms) => jvms.every((jvm) => jvm?.state === 'LIVE' && atLast(jvm)));
  },
  180_000,
);
