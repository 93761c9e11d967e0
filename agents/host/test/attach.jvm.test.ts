import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type AgentStatus, type JvmReport, MARKER_ALIAS, fingerprintOf } from '@trustcast/schema';
import { command as run } from './command.js';
import { entriesOf } from './fixtures.js';
import { JAR } from './host.js';
import { jdkHomes, judge, jvmHomes } from './java-judge.js';
import type { JvmProcess } from './jvm-process.js';
import { useHost, useJava } from './use-host.js';

const [jdk = ''] = await jdkHomes();
const JVMS = await jvmHomes();
console.info(`JVMs: ${JVMS.join(', ')}`);

const host = useHost();
const start = useJava(host);
const java: typeof start = (home, options = [], wrapper) => start(home, [host.selected, ...options], wrapper);
const command = (...args: string[]): ReturnType<typeof host.cli> => host.cli(args, { TRUSTCAST_JVM_AGENT_JAR: JAR });
const of = (status: AgentStatus, { pid }: JvmProcess): JvmReport | undefined =>
  status.jvms.find((jvm) => jvm.pid === pid);
const reported = async (jvm: JvmProcess, holds: (report: JvmReport) => boolean): Promise<JvmReport> => {
  const status = await host.service.status((one) => {
    const report = of(one, jvm);
    return report !== undefined && holds(report);
  }, 30_000);
  return of(status, jvm)!;
};

describe.each(JVMS)('%s', (home) => {
  test('reads what the agent wrote: managed entries, marker and the base of its own', async () => {
    await host.running({ TRUSTCAST_BASE: `jvm:${home}` });
    const entries = await entriesOf('partner', 'türkçe ı', 'a.b-c_d');
    await host.service.deploy({ upserts: entries });
    const { base } = await host.service.written();
    const [seen] = await judge(home, host.home, [host.truststore]);
    const [cacerts] = await judge(home, host.home, [asPkcs12(home)]);
    expect(base).toBeGreaterThan(50);
    expect(seen!.size).toBe(base + 1 + entries.length);
    for (const { alias, der } of entries) expect(seen!.get(alias)).toBe(fingerprintOf(der));
    expect(seen!.has(MARKER_ALIAS)).toBe(true);
    for (const [alias, fingerprint] of cacerts!) expect(seen!.get(`base/${alias}`)).toBe(fingerprint);
  });

  test('is LIVE for every revision with -javaagent, from the first start on', async () => {
    await host.running();
    const jvm = await java(home, [host.javaagent]);
    expect(await reported(jvm, ({ state }) => state === 'LIVE')).toMatchObject({ via: 'premain', mainClass: 'Idle' });
    for (const revision of [1, 2]) {
      await host.service.deploy({ upserts: await entriesOf(`ca-${revision}`) });
      await reported(jvm, ({ state, at }) => state === 'LIVE' && at?.revision === revision);
    }
  });

  test('is attached when selected, and is UNMANAGED and untouched when not', async () => {
    const selected = await java(home, ['-Da=b']);
    const other = await start(home);
    await host.running(host.attaching());
    const report = await reported(selected, ({ state }) => state === 'LIVE');
    expect(report).toMatchObject({ via: 'agentmain', reason: null });
    const status = await host.service.status((one) => of(one, other) !== undefined);
    expect(of(status, other)).toMatchObject({ state: 'UNMANAGED', via: null, mainClass: 'Idle' });
    expect(other.output).toBe('ready\n');
  });

  test('refuses attach as a JVM that would die of it, or cannot be reached, and says why', async () => {
    const noSignals = await java(home, ['-Xrs']);
    const disabled = await java(home, ['-XX:+DisableAttachMechanism']);
    await host.running(host.attaching());
    expect((await reported(noSignals, ({ reason }) => reason?.startsWith('ATTACH_NO_SIGQUIT') === true)).state).toBe(
      'FAILED',
    );
    expect((await reported(disabled, ({ reason }) => reason?.startsWith('ATTACH_DISABLED') === true)).state).toBe(
      'UNSUPPORTED',
    );
    expect(noSignals.isRunning).toBe(true);
    expect(disabled.output).toBe('ready\n');
  });

  test('that switches attach off by a file or a variable is refused without a signal', async () => {
    const [options, flags] = [join(host.home, 'options'), join(host.home, 'flags')];
    writeFileSync(options, '-XX:+DisableAttachMechanism');
    writeFileSync(flags, '+DisableAttachMechanism');
    const disabled = [
      await java(home, ['-Da=b', `@${options}`]),
      await java(home, [`-XX:Flags=${flags}`]),
      await java(home, ['-Da=b'], ['env', `JDK_JAVA_OPTIONS=@${options}`]),
      await java(home, ['-Da=b'], ['env', 'JAVA_TOOL_OPTIONS=-XX:+DisableAttachMechanism']),
    ];
    await host.running(host.attaching());
    for (const jvm of disabled) {
      await reported(jvm, ({ reason }) => reason?.startsWith('ATTACH_DISABLED') === true);
      expect(jvm.output).not.toContain('Full thread dump');
    }
  });

  test('that has no performance data is refused by the files that its options name, but for their comments', async () => {
    const [off, commented, flags] = ['off', 'commented', 'flags'].map((name) => join(host.home, name));
    writeFileSync(off!, '-Da=b\n"-XX:+DisableAttachMechanism"');
    writeFileSync(commented!, '-Da=b # -XX:+DisableAttachMechanism');
    writeFileSync(flags!, '+DisableAttachMechanism');
    const noData = '-XX:-UsePerfData';
    const disabled = [
      await java(home, [noData, `@${off}`]),
      // Its working directory is the root.
      await java(home, [noData, `@${off!.slice(1)}`]),
      await java(home, [noData, `-XX:Flags=${flags}`]),
      await java(home, [noData, `-XX:VMOptionsFile=${off}`]),
      await java(home, [noData], ['env', `JDK_JAVA_OPTIONS=@${off}`]),
    ];
    const enabled = await java(home, [noData, `@${commented}`]);
    await host.running(host.attaching());
    for (const jvm of disabled) {
      await reported(jvm, ({ reason }) => reason?.startsWith('ATTACH_DISABLED') === true);
      expect(jvm.output).not.toContain('Full thread dump');
    }
    await reported(enabled, ({ state }) => state === 'LIVE');
  });

  test('with dynamic loading switched off is told as such, although it answers 0', async () => {
    if (!hasOption(home, 'EnableDynamicAgentLoading')) return;
    const jvm = await java(home, ['-XX:-EnableDynamicAgentLoading']);
    await host.running(host.attaching());
    const report = await reported(jvm, ({ reason }) => reason !== null && reason !== 'ATTACH_PENDING');
    expect(report.reason).toMatch(/^ATTACH_(DYNAMIC_LOADING_OFF)/);
    expect(report.state).toBe('UNSUPPORTED');
  });

  test('of another user is attached by root, and its status file is believed for its own process only', async () => {
    const jvm = await java(home, ['-Duid=nobody'], ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']);
    await host.running(host.attaching());
    await reported(jvm, ({ state }) => state === 'LIVE');
    const folder = join(host.directory, 'jvms');
    const file = join(
      folder,
      readdirSync(folder).find((name) => name.endsWith('.json'))!,
    );
    // Written by root, it names a process of nobody: forged.
    writeFileSync(join(folder, 'forged.json'), readFileSync(file, 'utf8').replace('"LIVE"', '"FAILED"'));
    // If it were believed, it would be the newest.
    utimesSync(join(folder, 'forged.json'), Date.now(), Date.now());
    symlinkSync(file, join(folder, 'link.json'));
    run('mkfifo', join(folder, 'fifo.json'));
    await host.service.deploy({ upserts: await entriesOf('a') });
    await reported(jvm, ({ state, at }) => state === 'LIVE' && at?.revision === 1);
  });

  test('that reads another file than ours is found', async () => {
    await host.running();
    const other = await host.another();
    await other.running();
    const jvm = await java(home, [other.javaagent]);
    await other.service.status(({ jvms: all }) => all.some(({ state }) => state === 'LIVE'), 30_000);
    const from = join(other.directory, 'jvms');
    const name = readdirSync(from).find((one) => one.endsWith('.json'))!;
    // The same file, as where one directory is mounted on the other: a copy would not be bound to the process.
    linkSync(join(from, name), join(host.directory, 'jvms', name));
    const report = await reported(jvm, ({ reason }) => reason?.startsWith('OTHER_FILE') === true);
    expect(report).toMatchObject({ state: 'FAILED', at: null });
  });

  test('is listed, attached and detached by hand', async () => {
    const jvm = await java(home);
    await host.running();
    expect((await command('jvms')).out).toMatch(new RegExp(`${jvm.pid} .* UNMANAGED .* Idle`));
    const attached = await command('attach', String(jvm.pid));
    expect(attached.code).toBe(0);
    expect(attached.out).toContain('attached');
    await reported(jvm, ({ state }) => state === 'LIVE');
    expect((await command('jvms')).out).toMatch(new RegExp(`${jvm.pid} .* attached .* LIVE`));
    expect((await command('doctor')).out).toMatch(new RegExp(`OK +JVM ${jvm.pid}`));
    expect(await command('detach', String(jvm.pid))).toMatchObject({ code: 0 });
    await reported(jvm, ({ via }) => via === null);
    const none = await command('attach', '1');
    expect(none.code).toBe(1);
    expect(none.out).toContain('NOT_A_JVM');
  });

  test('is not detached by hand when it has no agent, or one of another directory', async () => {
    await host.running();
    const other = await host.another();
    await other.running();
    const none = await java(home);
    const theirs = await java(home, [other.javaagent]);
    const live = (status: AgentStatus): boolean => of(status, theirs)?.state === 'LIVE';
    await other.service.status(live, 30_000);
    for (const { pid } of [none, theirs]) {
      const refused = await command('detach', String(pid));
      expect(refused.code).toBe(1);
      expect(refused.out).toContain(`not detached  NOT_ATTACHED: the JVM has no status in ${host.directory}`);
    }
    await other.service.deploy({ upserts: await entriesOf('a') });
    await other.service.status((status) => live(status) && of(status, theirs)?.at?.revision === 1, 30_000);
  });

  test('that is selected and was detached by hand stays so until it is attached by hand', async () => {
    const jvm = await java(home, ['-Da=b']);
    const agent = await host.running(host.attaching());
    await reported(jvm, ({ state }) => state === 'LIVE');
    expect(await command('detach', String(jvm.pid))).toMatchObject({ code: 0 });
    await reported(jvm, ({ state, reason }) => state === 'UNMANAGED' && reason === 'DETACHED');
    expect((await command('jvms')).out).toMatch(new RegExp(`${jvm.pid} .* UNMANAGED .* DETACHED`));
    await agent.stop();
    const again = await host.running(host.attaching());
    const witness = await java(home, ['-Da=c']);
    const status = await host.service.status((one) => of(one, witness)?.state === 'LIVE', 30_000);
    expect(of(status, jvm)).toMatchObject({ state: 'UNMANAGED', reason: 'DETACHED', via: null });
    const pids = [agent, again]
      .flatMap(({ lines }) => lines.filter(({ msg }) => msg === 'attached'))
      .map(({ pid }) => pid);
    expect(pids).toEqual([jvm.pid, witness.pid]);
    expect(await command('attach', String(jvm.pid))).toMatchObject({ code: 0 });
    await reported(jvm, ({ state }) => state === 'LIVE');
    const marks = (): string[] =>
      readdirSync(join(host.directory, 'state')).filter((name) => name.startsWith('detached-'));
    expect(marks()).toEqual([]);
    expect(await command('detach', String(witness.pid))).toMatchObject({ code: 0 });
    expect(marks()).toHaveLength(1);
    await witness.stop();
    await host.service.status((one) => of(one, witness) === undefined, 30_000);
    expect(marks()).toEqual([]);
  });

  test('in namespaces of its own is not attached when it does not see our directory, and is when it does', async () => {
    const hidden = await java(
      home,
      ['-Dns=hidden'],
      [
        'unshare',
        '--mount',
        '--pid',
        '--fork',
        '--kill-child',
        '--mount-proc',
        'sh',
        '-c',
        `mount -t tmpfs tmpfs ${host.home} && exec "$0" "$@"`,
      ],
    );
    const sharing = await java(
      home,
      ['-Dns=sharing'],
      ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
    );
    await host.running(host.attaching());
    const all = (status: AgentStatus): JvmReport[] =>
      status.jvms.filter(({ pid }) => [hidden, sharing].some((one) => isBelow(pid, one.pid)));
    const status = await host.service.status(
      (one) =>
        all(one).some(({ state }) => state === 'LIVE') &&
        all(one).some(({ reason }) => reason?.startsWith('DIRECTORY_NOT_SHARED') === true),
      30_000,
    );
    expect(
      all(status)
        .map(({ state }) => state)
        .sort(),
    ).toEqual(['FAILED', 'LIVE']);
  });
});

test('an entry that no JVM can load is kept out: reported, not LIVE, also after a restart, until it is replaced', async () => {
  const agent = await host.running();
  const jvm = await java(jdk, [host.javaagent]);
  const [good, replaced] = await entriesOf('good', 'Bad');
  const bad = { alias: 'Bad', der: Uint8Array.of(0x30, 3, 2, 1, 5) };
  await host.service.deploy({ upserts: [good!, bad] });
  const report = await reported(jvm, ({ reason }) => reason === 'QUARANTINED: Bad');
  expect(report).toMatchObject({ state: 'LOADED', at: { revision: 1 } });
  const status = await host.service.status(({ state }) => state === 'FAILED');
  expect(status).toMatchObject({ reason: 'QUARANTINED: Bad', managed: 1 });
  const seen = async () => [...(await judge(jdk, host.home, [host.truststore]))[0]!.keys()].sort();
  expect(await seen()).toEqual(['good', MARKER_ALIAS]);

  agent.kill('SIGTERM');
  await agent.exited;
  await host.agent().line('connected');
  expect(await seen()).toEqual(['good', MARKER_ALIAS]);
  await host.service.deploy({ removals: ['Bad'], upserts: [replaced!] });
  await reported(jvm, ({ state, at }) => state === 'LIVE' && at?.revision === 2);
  expect(await seen()).toEqual(['bad', 'good', MARKER_ALIAS]);
  await host.service.written(2);
});

test('a JVM that root detached is not attached again by an agent of another user, which forgets it at its end', async () => {
  const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  chownSync(host.home, 65_534, 65_534);
  const jvm = await java(jdk, ['-Duid=nobody'], asNobody);
  await host.agent(host.attaching(), [...asNobody, process.execPath]).line('connected');
  await reported(jvm, ({ state }) => state === 'LIVE');
  expect(await command('detach', String(jvm.pid))).toMatchObject({ code: 0 });
  await reported(jvm, ({ state, reason }) => state === 'UNMANAGED' && reason === 'DETACHED');
  const mark = readdirSync(join(host.directory, 'state')).find((name) => name.startsWith('detached-'))!;
  expect(statSync(join(host.directory, 'state', mark)).uid).toBe(0);
  await jvm.stop();
  await host.service.status((status) => of(status, jvm) === undefined);
  expect(readdirSync(join(host.directory, 'state'))).not.toContain(mark);
});

test('an absolute link is followed from the root of the JVM, as the JVM follows it', async () => {
  const [there, here] = [join(host.home, 'there'), join(host.home, 'here')];
  /** A JVM in whose agent directory there are links to a folder. */
  const linked = (folder: string, mounts: string): Promise<JvmProcess> => {
    const links = `ln -s ${folder}/truststore.p12 ${folder}/jvms ${host.directory}`;
    const script = `${mounts}; mount -t tmpfs tmpfs ${host.directory}; ${links}; exec "$0" "$@"`;
    return java(jdk, [], ['unshare', '--mount', 'sh', '-ec', script]);
  };
  await (await host.running()).stop();
  mkdirSync(there);
  const sharing = await linked(there, `mount --bind ${host.directory} ${there}`);
  symlinkSync(host.directory, here);
  const other = await linked(here, `mount -t tmpfs tmpfs ${host.home}; mkdir ${host.directory}`);
  await host.running(host.attaching());
  await reported(sharing, ({ state }) => state === 'LIVE');
  await reported(other, ({ reason }) => reason?.startsWith('DIRECTORY_NOT_SHARED') === true);
});

test('a JVM that ended is no longer reported', async () => {
  await host.running();
  const jvm = await java(jdk, [host.javaagent]);
  await reported(jvm, ({ state }) => state === 'LIVE');
  await jvm.stop();
  await host.service.status((status) => of(status, jvm) === undefined);
});

function asPkcs12(home: string): string {
  const file = join(host.home, 'cacerts.p12');
  if (existsSync(file)) return file;
  const source = join(home, 'lib/security/cacerts');
  execFileSync(
    join(home, 'bin/keytool'),
    [
      '-importkeystore',
      '-srckeystore',
      source,
      '-srcstorepass',
      'changeit',
      '-destkeystore',
      file,
      '-deststoretype',
      'PKCS12',
      '-deststorepass',
      'changeit',
      '-noprompt',
      '-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE',
      '-J-Dkeystore.pkcs12.macAlgorithm=NONE',
    ],
    { stdio: 'ignore' },
  );
  return file;
}

function hasOption(home: string, option: string): boolean {
  return execFileSync(join(home, 'bin/java'), ['-XX:+PrintFlagsFinal', '-version'], { stdio: 'pipe' }).includes(option);
}

function isBelow(pid: number, ancestor: number): boolean {
  try {
    for (let at = pid; at > 1; at = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${at}/status`, 'utf8'))?.[1]))
      if (at === ancestor) return true;
  } catch {
    // A JVM of somebody else that has ended since.
  }
  return false;
}
