import { beforeEach, expect, test } from '@jest/globals';
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentStatus, JvmReport } from '@trustcast/schema';
import { startTicksOf } from '../../../src/jvms/processes/process-facts.js';
import { entriesOf } from '../../support/fixtures.js';
import { jdkHomes } from '../../support/jdk-homes.js';
import type { JvmProcess } from '../../support/jvm-process.js';
import { startSpeaker } from '../../support/speaker.js';
import { useHost, useJava } from '../../support/use-host.js';

const CONTAINER = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
const [home = ''] = await jdkHomes();

const host = useHost();
const java = useJava(host);

beforeEach(async () => {
  await host.running();
});

const connected = (wrapper: readonly string[] = []): Promise<JvmProcess> => java(home, [host.javaagent], wrapper);

const folder = (): string => join(host.directory, 'jvms');
const statusFiles = (): string[] => readdirSync(folder()).filter((name) => name.endsWith('.json'));
const reported = (pid: number, test: (jvm: JvmReport) => boolean, timeoutMs = 30_000): Promise<AgentStatus> =>
  host.service.status(({ jvms: all }) => all.some((jvm) => jvm.pid === pid && test(jvm)), timeoutMs);
const isLive = ({ state }: JvmReport): boolean => state === 'LIVE';

test('a JVM whose status file is gone is LOADED until it writes one, although nobody selected it', async () => {
  const { pid } = await connected();
  await reported(pid, isLive);
  process.kill(pid, 'SIGSTOP');
  for (const name of statusFiles()) rmSync(join(folder(), name));
  await reported(pid, ({ state, reason }) => state === 'LOADED' && reason === 'STATUS_GONE');
  process.kill(pid, 'SIGCONT');
  await reported(pid, isLive);
});

test('what a JVM says twice within a tick of the clock of files is read twice', async () => {
  const speaker = await startSpeaker(home, join(folder(), 'speaker.json'));
  host.onStop(speaker.stop);
  for (const reason of ['ONE', 'OTHER']) {
    await speaker.say({ reason });
    await reported(speaker.pid, (jvm) => jvm.reason === reason);
  }
});

test('a JVM that is stopped is SILENT until it goes on, also where another process of its user writes statuses for it', async () => {
  const isSilent = ({ state, reason }: JvmReport): boolean =>
    state === 'LOADED' && reason === 'SILENT: its agent does not run';
  const [silent, forged, speaking] = (await Promise.all([connected(), connected(), connected()])).map(({ pid }) => pid);
  for (const pid of [silent!, forged!, speaking!]) await reported(pid, isLive);
  const path = statusFileOf(forged!);
  const stopped = [silent!, forged!];
  for (const pid of stopped) process.kill(pid, 'SIGSTOP');
  const [before, since] = [host.service.statuses.length, performance.now()];
  const said = (pid: number): JvmReport[] =>
    host.service.statuses.slice(before).flatMap(({ jvms }) => jvms.filter((jvm) => jvm.pid === pid));
  await forgeUntil(path, () => stopped.every((pid) => said(pid).some(isSilent)));

  for (const reports of stopped.map(said)) {
    expect(reports.slice(reports.findIndex(isSilent)).every(isSilent)).toBe(true);
    expect(reports.filter(({ state }) => state === 'FAILED')).toEqual([]);
  }
  expect(said(speaking!).every(isLive)).toBe(true);
  // NATS is silent here, so each status comes over HTTP as well. The JVMs of other tests come and go: what is news is seen beside
  // what was said before it, and the rest is repeated every 15 s.
  const once = new Map(
    host.service.statuses.slice(before).map(({ sequence, jvms }) => [sequence, JSON.stringify(jvms)]),
  );
  const repeated = [...once.values()].filter((jvms, index, all) => jvms === all[index - 1]).length;
  expect(repeated).toBeLessThanOrEqual(1 + Math.floor((performance.now() - since) / 15_000));
  for (const pid of stopped) process.kill(pid, 'SIGCONT');
  for (const pid of stopped) await reported(pid, isLive);
}, 120_000);

/** The file in which a JVM reports. */
function statusFileOf(pid: number): string {
  const paths = statusFiles().map((name) => join(folder(), name));
  return paths.find((path) => readFileSync(path, 'utf8').includes(`"pid":${pid},`)) ?? '';
}

/** Writes as another process of the user would, in a file of its own, in place of the JVM's, into the JVM's, as a copy, and as a claim of failure. */
async function forgeUntil(path: string, isDone: () => boolean): Promise<void> {
  const own = readFileSync(path, 'utf8');
  const forged = (sequence: number): string =>
    own
      .replace(/"sequence":\d+/, `"sequence":${1_000 + sequence}`)
      .replace(/"writtenAt":"[^"]*"/, `"writtenAt":"${new Date().toISOString()}"`);
  for (let second = 0; second < 60 && !isDone(); second += 1) {
    writeFileSync(join(folder(), 'forged.json'), forged(second));
    writeFileSync(join(folder(), 'copy.json'), own);
    writeFileSync(join(folder(), 'failed.json'), forged(second).replace('"LIVE"', '"FAILED"'));
    if (second % 2 === 0) writeFileSync(path, second % 4 === 0 ? forged(second) : own);
    else {
      writeFileSync(join(folder(), '.later.tmp'), forged(second));
      renameSync(join(folder(), '.later.tmp'), path);
    }
    await sleep(1_000);
  }
}

test('a status that no process stands by is never LIVE, also when its process has said nothing', async () => {
  const { pid } = await connected();
  await reported(pid, isLive);
  const own = readFileSync(join(folder(), statusFiles()[0] ?? ''), 'utf8');
  const { pid: other } = await java(home);
  const forged = own
    .replace(/"pid":\d+/, `"pid":${other}`)
    .replace(/"startTicks":\d+/, `"startTicks":${startTicksOf(other) ?? 0}`);
  writeFileSync(join(folder(), 'forged.json'), forged);
  await reported(other, ({ state, reason }) => state === 'LOADED' && reason?.startsWith('STATUS_NOT_BOUND') === true);
});

test('a JVM that stays at a file without a quarantined entry never was LIVE for the revision that has it', async () => {
  const { pid } = await connected();
  const [good, mended] = await entriesOf('good', 'bad');
  await host.service.deploy({ upserts: [good!, { alias: 'bad', der: Uint8Array.of(0x30, 3, 2, 1, 5) }] });
  const isOut = ({ state, reason }: JvmReport): boolean => state === 'LOADED' && reason === 'QUARANTINED: bad';
  await reported(pid, isOut);
  process.kill(pid, 'SIGSTOP');
  await host.service.deploy({ upserts: [mended!] });
  const { jvms: all } = await host.service.written(2);
  expect(all.filter((jvm) => jvm.pid === pid)).toMatchObject([{ state: 'LOADED', at: { epoch: 1, revision: 1 } }]);
  process.kill(pid, 'SIGCONT');
  await reported(pid, ({ state, at }) => state === 'LIVE' && at?.revision === 2);
});

test('two JVMs that started at once, each as pid 1 of its container, are two', async () => {
  const [one = 0, other = 0] = await twins();
  for (const pid of [one, other]) await reported(pid, isLive);
  process.kill(other, 'SIGSTOP');
  await host.service.deploy({ upserts: await entriesOf('a') });
  // Those that were started before the two came are still listed until the next scan.
  const live = ({ jvms: all }: AgentStatus): number[] =>
    all.filter((jvm) => isLive(jvm) && [one, other].includes(jvm.pid)).map(({ at }) => at?.revision ?? -1);
  const status = await host.service.status((each) => live(each).includes(1));
  expect(live(status).sort()).toEqual([0, 1]);
});

/** Pids of two with the same start in ticks of 10 ms, of as many as it takes. */
async function twins(): Promise<number[]> {
  const started = new Map<number | null, { pid: number; jvm: JvmProcess }>();
  for (;;)
    for (const jvm of await Promise.all([connected(CONTAINER), connected(CONTAINER), connected(CONTAINER)])) {
      const pid = Number(readFileSync(`/proc/${jvm.pid}/task/${jvm.pid}/children`, 'latin1'));
      const twin = started.get(startTicksOf(pid));
      if (!twin) started.set(startTicksOf(pid), { pid, jvm });
      else {
        const others = [...started.values()].filter((other) => other !== twin);
        await Promise.all(others.map((other) => other.jvm.stop()));
        return [twin.pid, pid];
      }
    }
}
