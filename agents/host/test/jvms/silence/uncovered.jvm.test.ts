import { describe, expect, test } from '@jest/globals';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { JvmReport } from '@trustcast/schema';
import { doctor } from '../../support/doctor.js';
import { JAR } from '../../support/host.js';
import { jdkHomes } from '../../support/jdk-homes.js';
import type { JvmProcess } from '../../support/jvm-process.js';
import { STRANGERS, asStranger } from '../../support/strangers.js';
import { useHost, useJava } from '../../support/use-host.js';

const [home = ''] = await jdkHomes();
const host = useHost();
const java = useJava(host);
const inNamespace = (script: string): string[] => ['unshare', '--mount', 'sh', '-ec', `${script}; exec "$0" "$@"`];
const readOnly = (): string[] =>
  inNamespace(`mount --bind ${host.directory} ${host.directory}; mount -o remount,bind,ro ${host.directory}`);
const typo = (): string => `-javaagent:${JAR}=dir=${host.directory}s`;

/** What the agent says of a JVM once that is what is expected. */
async function saidOf({ pid }: JvmProcess, reason: RegExp, timeoutMs = 20_000): Promise<JvmReport> {
  const of = (jvms: readonly JvmReport[]): JvmReport | undefined => jvms.find((jvm) => jvm.pid === pid);
  const { jvms } = await host.service.status((status) => reason.test(of(status.jvms)?.reason ?? ''), timeoutMs);
  return of(jvms)!;
}

describe('a JVM that names the jar and gives no status is FAILED and the reason says', () => {
  test('that its unit may not write: ProtectSystem=strict', async () => {
    await host.running();
    const jvm = await java(home, [host.javaagent], readOnly());
    const why = `DIRECTORY_READ_ONLY: ${host.directory}/jvms is read-only for it (ProtectSystem=): its unit needs ReadWritePaths=${host.directory}/jvms`;
    expect(await saidOf(jvm, /READ_ONLY/)).toMatchObject({ state: 'FAILED', reason: why, via: null });
    const listed = await host.cli(['jvms']);
    expect(listed.code).toBe(1);
    expect(listed.out).toMatch(new RegExp(`^${jvm.pid} .* FAILED .*${why.replace(/[()]/g, '\\$&')}$`, 'm'));
    expect((await doctor(host)).of(`JVM ${jvm.pid}`)).toEqual([`problem: Idle: ${why}`]);
  });

  test('that it has a /tmp of its own: PrivateTmp=yes', async () => {
    await host.running();
    const classes =
      'for c in /mnt/trustcast-host-*/Idle.class; do d=/tmp/${c#/mnt/}; d=${d%/Idle.class}; mkdir -p $d; cp $c $d; done';
    // The work tree may be there, too.
    const jar = `mkdir -p ${dirname(JAR)}; [ -e ${JAR} ] || cp /mnt/${relative('/tmp', JAR)} ${JAR}`;
    const jvm = await java(
      home,
      [host.javaagent],
      inNamespace(`mount --bind /tmp /mnt; mount -t tmpfs tmpfs /tmp; ${classes}; ${jar}`),
    );
    expect((await saidOf(jvm, /NOT_SHARED/)).reason).toBe(
      `DIRECTORY_NOT_SHARED: it does not see ${host.directory} as the agent does: it has something of its own at /tmp (PrivateTmp=)`,
    );
  });

  test('that the directory has another name: on the command line, in a variable, in a file', async () => {
    const file = join(host.home, 'options');
    writeFileSync(file, `# ours\n"${typo()}"\n`);
    const started = [
      await java(home, [typo()]),
      await java(home, [], ['env', `JAVA_TOOL_OPTIONS=${typo()}`]),
      await java(home, [], ['env', `JDK_JAVA_OPTIONS='${typo()}'`]),
      await java(home, [`@${file}`]),
      await java(home, [], ['env', `JDK_JAVA_OPTIONS=@${file}`]),
      await java(home, [`-XX:VMOptionsFile=${optionsFile()}`]),
    ];
    await host.running();
    for (const jvm of started)
      expect(await saidOf(jvm, /DIRECTORY_MISSING/)).toMatchObject({
        state: 'FAILED',
        reason: `DIRECTORY_MISSING: dir=${host.directory}s is not the directory of any agent: name the directory of the agent, as an absolute path, after dir=, ${host.directory}`,
      });
  });

  test('that the path is relative, or missing', async () => {
    const misnamed = await java(home, [`-javaagent:${JAR}=dir=agent`]);
    const none = await java(home, [`-javaagent:${JAR}`]);
    await host.running();
    expect((await saidOf(misnamed, /RELATIVE/)).reason).toContain('dir=agent is no absolute path');
    expect((await saidOf(none, /NOT_NAMED/)).reason).toContain('-javaagent of the command line has no dir=');
  });

  test('that its user may not write there', async () => {
    await host.running();
    const jar = publicJar();
    chmodSync(host.directory, 0o700);
    const jvm = await java(home, [`-javaagent:${jar}=dir=${host.directory}`], asStranger(STRANGERS[0]));
    expect((await saidOf(jvm, /NOT_WRITABLE/)).reason).toBe(
      `DIRECTORY_NOT_WRITABLE: uid ${STRANGERS[0]} may not write into ${host.directory}`,
    );
  });

  test('that only its script’s variable names it', async () => {
    const jvm = await java(home, [], ['env', `JAVA_OPTS=-Xmx64m ${host.javaagent}`]);
    await host.running();
    expect(await saidOf(jvm, /STARTING/)).toMatchObject({ state: 'LOADED' });
    expect(await saidOf(jvm, /^NOT_HANDED_ON/, 45_000)).toMatchObject({
      state: 'FAILED',
      reason: 'NOT_HANDED_ON: JAVA_OPTS names the jar and the command line does not: its start script must hand it on',
    });
  }, 70_000);

  test('whatever the jar is called, where the directory is ours', async () => {
    const jar = join(host.home, 'other.jar');
    copyFileSync(JAR, jar);
    mkdirSync(host.directory);
    const jvm = await java(home, [`-javaagent:${jar}=dir=${host.directory}`], readOnly());
    await host.running();
    expect(await saidOf(jvm, /READ_ONLY/)).toMatchObject({ state: 'FAILED' });
  });
});

test('a JVM whose agent belongs to another directory’s is UNMANAGED and the reason names that', async () => {
  const other = await host.another();
  await other.running();
  const jvm = await java(home, [other.javaagent]);
  await host.running();
  expect(await saidOf(jvm, /OTHER_DIRECTORY/)).toMatchObject({
    state: 'UNMANAGED',
    reason: `OTHER_DIRECTORY: it is of the agent of ${other.directory}`,
  });
  expect((await doctor(host)).of(`JVM ${jvm.pid}`)).toEqual([
    `notice: Idle: OTHER_DIRECTORY: it is of the agent of ${other.directory}`,
  ]);
});

test('a program’s own arguments are no options of its JVM', async () => {
  const jvm = await java(home, ['-cp', '/nowhere'], ['sh', '-c', `exec "$@" ${typo()}`, 'sh']);
  await host.running();
  const { jvms } = await host.service.status(({ jvms: all }) => all.some(({ pid }) => pid === jvm.pid));
  expect(jvms.find(({ pid }) => pid === jvm.pid)).toMatchObject({ state: 'UNMANAGED', reason: null });
});

function optionsFile(): string {
  const path = join(host.home, 'vm.options');
  writeFileSync(path, `-Xmx64m\n${typo()}\n`);
  return path;
}

/** For users who may not look into the work tree. */
function publicJar(): string {
  const jar = join(host.home, 'trustcast-jvm.jar');
  copyFileSync(JAR, jar);
  chmodSync(jar, 0o644);
  return jar;
}
