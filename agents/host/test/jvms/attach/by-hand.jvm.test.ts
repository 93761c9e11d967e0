import { describe, expect, test } from '@jest/globals';
import { chownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentStatus } from '@trustcast/schema';
import { entriesOf } from '../../support/fixtures.js';
import { JAR } from '../../support/host.js';
import { jdkHomes, jvmHomes } from '../../support/jdk-homes.js';
import { reportOf, reportsOf } from '../../support/reports-of.js';
import { useHost, useJava } from '../../support/use-host.js';

const [jdk = ''] = await jdkHomes();
const JVMS = await jvmHomes();
const host = useHost();
const start = useJava(host);
const java: typeof start = (home, options = [], wrapper) => start(home, [host.selected, ...options], wrapper);
const reported = reportsOf(host);
const command = (...args: string[]): ReturnType<typeof host.cli> => host.cli(args, { TRUSTCAST_JVM_AGENT_JAR: JAR });

describe.each(JVMS)('%s', (home) => {
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
    const live = (status: AgentStatus): boolean => reportOf(status, theirs)?.state === 'LIVE';
    await other.service.status(live, 30_000);
    for (const { pid } of [none, theirs]) {
      const refused = await command('detach', String(pid));
      expect(refused.code).toBe(1);
      expect(refused.out).toContain(`not detached  NOT_ATTACHED: the JVM has no status in ${host.directory}`);
    }
    await other.service.deploy({ upserts: await entriesOf('a') });
    await other.service.status((status) => live(status) && reportOf(status, theirs)?.at?.revision === 1, 30_000);
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
    const status = await host.service.status((one) => reportOf(one, witness)?.state === 'LIVE', 30_000);
    expect(reportOf(status, jvm)).toMatchObject({ state: 'UNMANAGED', reason: 'DETACHED', via: null });
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
    await host.service.status((one) => reportOf(one, witness) === undefined, 30_000);
    expect(marks()).toEqual([]);
  });
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
  await host.service.status((status) => reportOf(status, jvm) === undefined);
  expect(readdirSync(join(host.directory, 'state'))).not.toContain(mark);
});
