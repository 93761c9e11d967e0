import { beforeEach, expect, test } from '@jest/globals';
import { LIMITS, type AgentStatus } from '@trustcast/schema';
import { jdkHomes } from '../support/jdk-homes.js';
import { STRANGERS, asStranger, claim, strangeProcesses, threadsOf } from '../support/strangers.js';
import { useHost, useJava } from '../support/use-host.js';

const [home = ''] = await jdkHomes();
const host = useHost();
const java = useJava(host);

beforeEach(async () => {
  await host.running();
});

const isLive =
  (pid: number) =>
  ({ jvms }: AgentStatus): boolean =>
    jvms.some((jvm) => jvm.pid === pid && jvm.state === 'LIVE');

test('threads of another user are no JVMs and take no place of one', async () => {
  const threads = ['-XX:ActiveProcessorCount=64', '-XX:+UseParallelGC', '-XX:ParallelGCThreads=1100', '-Xms64m'];
  const crowd = await java(home, ['-XX:-UseDynamicNumberOfGCThreads', ...threads], asStranger(STRANGERS[0]));
  const tids = threadsOf(crowd.pid).filter((tid) => tid !== crowd.pid);
  expect(tids.length).toBeGreaterThan(1_000);
  for (const tid of tids) claim(host, tid);
  const { pid } = await java(home, [host.javaagent]);
  const status = await host.service.status((each) => isLive(pid)(each) && each.leftOut === null, 30_000);
  expect(status.jvms.map((jvm) => jvm.pid).filter((one) => tids.includes(one))).toEqual([]);
}, 120_000);

test('files of another user that stand for no process take no place of a JVM, and keep no host from LIVE once looked at', async () => {
  for (let n = 0; n < 3_000; n += 1) claim(host, 2 ** 30 + n);
  const { pid } = await java(home, [host.javaagent]);
  await host.service.status(isLive(pid), 30_000);
  const scansLater = Date.now() + 11_000;
  await host.service.status(
    (status) => isLive(pid)(status) && status.leftOut === null && status.sentAt > scansLater,
    45_000,
  );
}, 120_000);

test('full status files of another user make no report that NATS refuses', async () => {
  for (const pid of await strangeProcesses(host, 30)) claim(host, pid, LIMITS.jvmStatusBytes);
  const { pid } = await java(home, [host.javaagent]);
  const { jvms, leftOut } = await host.service.status(
    (status) => isLive(pid)(status) && status.jvms.length > 30,
    30_000,
  );
  expect(leftOut).toBeNull();
  expect(jvms.filter(({ partial }) => partial.includes('alsoInBase')).length).toBeGreaterThan(0);
  expect(jvms.find((jvm) => jvm.pid === pid)).toMatchObject({ partial: [] });
}, 120_000);

test('more JVMs than a report may list push none out that stands by its word, and are said to be left out', async () => {
  for (const uid of STRANGERS) for (const pid of await strangeProcesses(host, 550, uid)) claim(host, pid, 0, uid);
  const { pid } = await java(home, [host.javaagent]);
  const { leftOut } = await host.service.status(
    (status) => isLive(pid)(status) && (status.leftOut?.jvms.LOADED ?? 0) > 100,
    90_000,
  );
  // JVMs of other tests, which name our jar, take places too.
  expect(leftOut?.reason).toMatch(/^JVMS_LEFT_OUT: \d+ JVMs/);
  const told = await host.cli(['jvms']);
  expect(told.code).toBe(1);
  expect(told.out).toMatch(/JVMS_LEFT_OUT: \d+ JVMs/);
  expect((await host.cli(['doctor'])).out).toMatch(/PROBLEM +JVMs +JVMS_LEFT_OUT: \d+ JVMs/);
}, 180_000);
