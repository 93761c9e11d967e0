import { describe, expect, test } from '@jest/globals';
import { cpSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePkcs12 } from '@trustcast/keystore';
import { type AgentStatus, MARKER_ALIAS } from '@trustcast/schema';
import { command } from '../support/command.js';
import { doctor } from '../support/doctor.js';
import { entriesOf } from '../support/fixtures.js';
import { jdkHomes, readAsJava } from '../support/jdk-homes.js';
import type { JvmProcess } from '../support/jvm-process.js';
import { startSpeaker } from '../support/speaker.js';
import { useHost, useJava } from '../support/use-host.js';

const homes = await jdkHomes();
const [jdk = ''] = homes;
const newest = homes.at(-1) ?? '';

const host = useHost();
const start = useJava(host);
function java(options: readonly string[] = [], script?: string): Promise<JvmProcess> {
  const wrapper = script === undefined ? [] : ['unshare', '--mount', 'sh', '-ec', `${script}; exec "$0" "$@"`];
  return start(jdk, [host.selected, ...options], wrapper);
}
/** What doctor says of a JVM once the agent has reported it so, and left that for the command line. */
async function saidOf({ pid }: JvmProcess, report: RegExp, over: Record<string, string> = {}): Promise<string> {
  let said = '';
  const matches = ({ jvms: all }: AgentStatus): boolean =>
    all.some((one) => one.pid === pid && report.test(`${one.state} ${one.reason ?? ''}`));
  await host.service.status(matches, 30_000);
  for (const until = Date.now() + 5_000; Date.now() < until && !report.test(said);)
    [said = ''] = (await doctor(host, host.attaching(over))).of(`JVM ${pid}`);
  return said;
}

describe('doctor finds a JVM', () => {
  test('that is selected and not attachable to be a problem, and a notice where nobody selected it', async () => {
    const option = '-XX:+DisableAttachMechanism';
    const jvm = await java([option]);
    const other = await start(jdk, [option]);
    await host.running(host.attaching());
    const why = 'ATTACH_DISABLED: -XX:+DisableAttachMechanism is set; use -javaagent';
    expect(await saidOf(jvm, /ATTACH_DISABLED/)).toBe(`problem: Idle: ${why}`);
    expect((await doctor(host, host.attaching())).of(`JVM ${other.pid}`)).toEqual([
      `notice: Idle: not selected, and could not be attached: ${why}`,
    ]);
  });

  test('that was detached by hand, and tells it from one that nobody selected', async () => {
    const [jvm, other] = [await java(), await start(jdk)];
    await host.running(host.attaching());
    expect(await saidOf(jvm, /LIVE/)).toBe('ok: Idle: LIVE');
    expect(await host.cli(['detach', String(jvm.pid)], host.attaching())).toMatchObject({ code: 0 });
    expect(await saidOf(jvm, /DETACHED|detached by hand/)).toBe('notice: Idle: detached by hand');
    expect((await doctor(host, host.attaching())).of(`JVM ${other.pid}`)).toEqual(['notice: Idle: not selected']);
  });

  test('that does not see the directory', async () => {
    const jvm = await java([], `mount -t tmpfs tmpfs ${host.home}`);
    await host.running(host.attaching());
    expect(await saidOf(jvm, /DIRECTORY_NOT_SHARED/)).toBe(
      'problem: Idle: DIRECTORY_NOT_SHARED: the JVM does not see the agent’s directory under the same path',
    );
  });

  test('that reads another file under the same path: other device and inode', async () => {
    await host.running(host.attaching());
    const copy = join(host.home, 'copy');
    cpSync(host.directory, copy, { recursive: true });
    const shared = `mount --bind ${join(host.directory, 'jvms')} ${join(copy, 'jvms')}`;
    const jvm = await java([host.javaagent], `${shared}; mount --rbind ${copy} ${host.directory}`);
    const said = await saidOf(jvm, /OTHER_FILE/);
    const identity = (path: string): string => `${statSync(path).dev}:${statSync(path).ino}`;
    expect(said).toBe(
      `problem: Idle: FAILED OTHER_FILE: ${host.truststore}; device:inode is ` +
        `${identity(join(copy, 'truststore.p12'))} there, the agent’s is ${identity(host.truststore)}`,
    );
  });

  test('into which the file itself is mounted, so that it stays at the one it has seen', async () => {
    await host.running(host.attaching());
    const stage = join(host.home, 'stage');
    mkdirSync(stage);
    const script = [
      `mount --bind ${host.directory} ${stage}`,
      `mount -t tmpfs tmpfs ${host.directory}`,
      `touch ${host.truststore} ${host.directory}/truststore.history`,
      `mkdir ${host.directory}/jvms`,
      `mount --bind ${stage}/truststore.p12 ${host.truststore}`,
      `mount --bind ${stage}/truststore.history ${host.directory}/truststore.history`,
      `mount --bind ${stage}/jvms ${host.directory}/jvms`,
    ];
    const jvm = await java([], script.join('; '));
    expect(await saidOf(jvm, /LIVE/)).toBe(
      'problem: Idle: LIVE; the file itself is mounted into the JVM, which sees no later one; mount its directory',
    );
    await host.service.deploy({ upserts: await entriesOf('a') });
    await host.service.written(1);
    const seen = statSync(`/proc/${jvm.pid}/root${host.truststore}`).ino;
    expect(seen).not.toBe(statSync(host.truststore).ino);
  });

  test('that is LIVE at less than what is written', async () => {
    await host.running(host.attaching());
    const jvm = await java();
    expect(await saidOf(jvm, /LIVE/)).toBe('ok: Idle: LIVE');
    process.kill(jvm.pid, 'SIGSTOP');
    await host.service.deploy({ upserts: await entriesOf('a') });
    await host.service.written(1);
    const behind = 'problem: Idle: LIVE at 1.0, while 1.1 is written';
    // What the command line reads is written a moment after the report.
    let said: string[] = [];
    for (let tries = 0; tries < 20 && said[0] !== behind; tries += 1)
      said = (await doctor(host, host.attaching())).of(`JVM ${jvm.pid}`);
    expect(said).toEqual([behind]);
    process.kill(jvm.pid, 'SIGCONT');
  });

  test('whose hooks have thrown, and shows what they threw first', async () => {
    await host.running();
    const speaker = await startSpeaker(jdk, join(host.directory, 'jvms', 'speaker.json'));
    host.onStop(speaker.stop);
    const message = 'java.lang.IllegalStateException: broken at com.example.One.first at com.example.Two.second';
    await speaker.say({ hookErrors: 1, lastError: { at: new Date().toISOString(), message } });
    await host.service.status(({ jvms }) =>
      jvms.some(({ pid, lastError }) => pid === speaker.pid && lastError === message),
    );
    expect((await doctor(host)).of(`JVM ${speaker.pid}`)).toContain(`notice: its agent met: ${message}`);
  });

  test('with a password for the truststore to be right, for the file needs none', async () => {
    await host.running(host.attaching());
    const store = [`-Djavax.net.ssl.trustStore=${host.truststore}`, '-Djavax.net.ssl.trustStorePassword=changeit'];
    expect(await saidOf(await java(store), /LIVE/)).toBe('ok: Idle: LIVE');
  });

  test('whose own CAs are others than those of the base: its JDK’s, or a truststore of its own with a password', async () => {
    const base = host.attaching({ TRUSTCAST_BASE: `file:${join(host.home, 'base.p12')}` });
    const [one, two] = await entriesOf('one', 'two');
    writeFileSync(join(host.home, 'base.p12'), writePkcs12([one!, two!]));
    const own = join(host.home, 'own.p12');
    protect(join(host.home, 'base.p12'), own);
    await host.running(base);
    const baseOf = async (options: readonly string[]): Promise<string[]> => {
      const jvm = await java(options);
      expect(await saidOf(jvm, /LIVE/, base)).toBe('ok: Idle: LIVE');
      return (await doctor(host, base)).of(`base of JVM ${jvm.pid}`);
    };
    const named = [`-Djavax.net.ssl.trustStore=${own}`, '-Djavax.net.ssl.trustStorePassword=password'];
    expect(await baseOf(named)).toEqual([]);
    expect(await baseOf([])).toEqual([
      expect.stringMatching(
        /^notice: \/\S+\/cacerts lacks 2 \(one \w{16}, two \w{16}\) and has \d+ \(.*, …\) more, against the base of the agent$/,
      ),
    ]);
  });
});

/** Copies a keystore to one that has a password. */
function protect(from: string, to: string, ...options: readonly string[]): void {
  const source = ['-importkeystore', '-noprompt', '-srckeystore', from, '-srcstorepass', ''];
  const target = ['-destkeystore', to, '-deststoretype', 'PKCS12', '-deststorepass', 'password'];
  command(join(newest, 'bin/keytool'), ...source, ...target, ...options);
}

describe('doctor finds that a password was set on the truststore', () => {
  test.each([
    [
      'with which the certificates are encrypted',
      [],
      '',
      'problem: it was encrypted: JVMs see nothing in it; the agent restores it when it runs',
    ],
    [
      'that is asked for by a MAC alone',
      ['-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE'],
      MARKER_ALIAS,
      'problem: a password was set on it: JVMs that give another one refuse it',
    ],
  ])('%s', async (_name, options, seen, said) => {
    await (await host.running()).stop();
    expect((await doctor(host)).of('truststore')).toEqual(['ok: 1 entries, no password needed']);
    const protectedFile = join(host.home, 'protected.p12');
    protect(host.truststore, protectedFile, ...options);
    renameSync(protectedFile, host.truststore);
    // What Java sees of it without the password.
    expect([...(await readAsJava(newest, [host.truststore]))[0]!.keys()]).toEqual([seen]);
    expect((await doctor(host)).of('truststore')).toEqual([said]);
  });
});
