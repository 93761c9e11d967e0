import { describe, expect, test } from '@jest/globals';
import { linkSync, mkdirSync, readFileSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentStatus, JvmReport } from '@trustcast/schema';
import { command as run } from '../../support/command.js';
import { entriesOf } from '../../support/fixtures.js';
import { jdkHomes, jvmHomes } from '../../support/jdk-homes.js';
import type { JvmProcess } from '../../support/jvm-process.js';
import { reportOf, reportsOf } from '../../support/reports-of.js';
import { useHost, useJava } from '../../support/use-host.js';

const [jdk = ''] = await jdkHomes();
const JVMS = await jvmHomes();
const host = useHost();
const start = useJava(host);
const java: typeof start = (home, options = [], wrapper) => start(home, [host.selected, ...options], wrapper);
const reported = reportsOf(host);

describe.each(JVMS)('%s', (home) => {
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
    const status = await host.service.status((one) => reportOf(one, other) !== undefined);
    expect(reportOf(status, other)).toMatchObject({ state: 'UNMANAGED', via: null, mainClass: 'Idle' });
    expect(other.output).toBe('ready\n');
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
  await host.service.status((status) => reportOf(status, jvm) === undefined);
});

function isBelow(pid: number, ancestor: number): boolean {
  try {
    for (let at = pid; at > 1; at = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${at}/status`, 'utf8'))?.[1]))
      if (at === ancestor) return true;
  } catch {
    // A JVM of somebody else that has ended since.
  }
  return false;
}
