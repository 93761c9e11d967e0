import { describe, expect, test } from '@jest/globals';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareDirectory } from '../../src/state/agent-directory.js';
import { lockDirectory } from '../../src/state/directory-lock.js';
import { doctor } from '../support/doctor.js';
import { entriesOf } from '../support/fixtures.js';
import { useHost } from '../support/use-host.js';

const host = useHost();
/** The problems of doctor; JVMs that other tests run at this moment are none of ours. */
async function problems(over: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const all = (await doctor(host, over)).findings.filter(({ verdict }) => verdict === 'problem');
  return all.flatMap(({ check, detail }) => (check.startsWith('JVM ') ? [] : [`${check}: ${detail}`]));
}

describe('the command line', () => {
  test('tells its commands, and every command its settings and exit codes', async () => {
    const overview = await host.cli(['--help']);
    expect(overview.code).toBe(0);
    for (const command of ['run', 'status', 'jvms', 'attach', 'detach', 'doctor', 'lift-quarantine']) {
      expect(overview.out).toContain(`  ${command} `);
      const { code, out } = await host.cli([command, '--help']);
      expect(code).toBe(0);
      expect(out).toMatch(/Exit codes: 0 /);
      expect(out).toContain('--directory');
    }
    expect((await host.cli(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('ends with 64 for what it does not know and 78 for a wrong setting', async () => {
    expect(await host.cli(['explode'])).toMatchObject({ code: 64, out: '' });
    expect(await host.cli(['status', '--no-such-flag'])).toMatchObject({ code: 64, out: '' });
    expect(await host.cli(['status', '--directory', 'relative'])).toMatchObject({ code: 78, out: '' });
    expect(await host.cli(['attach', '1'])).toMatchObject({ code: 78, out: '' });
    for (const line of [
      ['status', 'foo'],
      ['jvms', '1'],
      ['attach', 'abc'],
      ['detach', '1', '0'],
      ['status', '--all'],
    ])
      expect(await host.cli(line)).toMatchObject({ code: 64, out: '' });
  });

  test('takes -h for --help', async () => {
    expect(await host.cli(['-h'])).toEqual(await host.cli(['--help']));
    expect(await host.cli(['jvms', '-h'])).toEqual(await host.cli(['jvms', '--help']));
  });

  test.each(['jvms', 'attach', 'detach', 'lift-quarantine'])(
    '%s before the first run says what to do',
    async (command) => {
      const { code, out, err } = await host.cli([command], { TRUSTCAST_JVM_AGENT_JAR: '/nowhere/trustcast-jvm.jar' });
      expect({ code, out }).toEqual({ code: 78, out: '' });
      expect(err).toContain(`no agent has run on ${host.directory}: start trustcast-agent run first`);
    },
  );

  test.each(['status', 'jvms', 'attach', 'detach'])(
    '%s says whom it may be run by, to anybody else',
    async (command) => {
      await (await host.running()).stop();
      const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', process.execPath];
      const jar = { TRUSTCAST_JVM_AGENT_JAR: '/nowhere/trustcast-jvm.jar' };
      const { code, out, err } = await host.cli([command], jar, nobody);
      expect({ code, out }).toEqual({ code: 77, out: '' });
      const users = process.geteuid?.() === 0 ? 'root' : `root or uid ${process.geteuid?.()}`;
      expect(err).toContain(`this user may not look into ${host.directory}/state; run it as ${users}\n`);
    },
  );

  test('status says of an agent that has only just started that it has not reported yet', async () => {
    const { state } = prepareDirectory(host.directory);
    expect((await host.cli(['status'])).out).toContain('state        unknown: no agent has run on this directory\n');
    const unlock = lockDirectory(state);
    const { code, out } = await host.cli(['status']);
    unlock();
    expect(code).toBe(1);
    expect(out).toContain(`agent        pid ${process.pid}\nstate        unknown: it has not reported yet\n`);
  });

  test('a flag wins over the environment', async () => {
    const { out } = await host.cli(['status', '--json', '--directory', '/nowhere/else']);
    expect(JSON.parse(out)).toMatchObject({ directory: '/nowhere/else', pid: null });
  });

  test('status tells what was written, by whom, and whether he still runs', async () => {
    expect(await host.cli(['status'])).toMatchObject({ code: 3 });
    const agent = await host.running();
    await host.service.deploy({ upserts: await entriesOf('a', 'b') });
    await host.service.written();
    await agent.stop();
    const stopped = await host.cli(['status']);
    expect(stopped.code).toBe(3);
    expect(stopped.out).toContain('revision 1.1, 2 managed, 0 base');
    const again = await host.running();
    // The file that it reads is written a moment after the report.
    let status = await host.cli(['status', '--json']);
    for (let tries = 0; tries < 20 && status.code !== 0; tries += 1) status = await host.cli(['status', '--json']);
    expect(status.code).toBe(0);
    expect(JSON.parse(status.out)).toMatchObject({ pid: again.pid, state: 'WRITTEN', managed: 2, connected: true });
  });
});

describe('doctor', () => {
  test('finds nothing wrong where nothing is, and the missing agent where that is all', async () => {
    const agent = await host.running();
    let found = await problems();
    for (let tries = 0; tries < 20 && found.length > 0; tries += 1) found = await problems();
    expect(found).toEqual([]);
    await agent.stop();
    expect(await problems()).toEqual(['agent: is not running']);
  });

  test('finds a directory that is missing or open to others', async () => {
    expect(await problems()).toEqual([`directory: ${host.directory} is missing; "trustcast-agent run" makes it`]);
    await (await host.running()).stop();
    chmodSync(host.directory, 0o777);
    expect(await problems()).toContainEqual(expect.stringContaining(`${host.directory} is writable by other users`));
    chmodSync(host.directory, 0o755);
    chmodSync(join(host.directory, 'jvms'), 0o755);
    expect(await problems()).toContainEqual(expect.stringMatching(/^status files: .* mode 755/));
  });

  test('finds a truststore that is gone or is another file', async () => {
    await (await host.running()).stop();
    writeFileSync(host.truststore, 'a file of somebody else');
    expect(await problems()).toContainEqual(expect.stringMatching(/^truststore: is not what the agent writes/));
    rmSync(host.truststore);
    expect(await problems()).toContainEqual(expect.stringMatching(/^truststore: .*ENOENT/));
  });

  test('finds a base that is not the one that was written, or cannot be read, and a missing jar', async () => {
    await (await host.running()).stop();
    const jar = '/nowhere/trustcast-jvm.jar';
    const found = await problems({ TRUSTCAST_BASE: 'file:/nowhere/cacerts', TRUSTCAST_JVM_AGENT_JAR: jar });
    expect(found).toContain('base: BASE_UNREADABLE: /nowhere/cacerts cannot be read: correct TRUSTCAST_BASE');
    expect(found).toContainEqual(
      expect.stringMatching(/^jar: JAR_MISSING: .* is missing; a JVM whose -javaagent names it/),
    );
  });

  test('finds an agent that is cut off', async () => {
    await host.service.stopHttp();
    await host.agent().line('ready');
    let found = await problems();
    for (let tries = 0; tries < 40 && found.length < 2; tries += 1) found = await problems();
    expect(found).toContainEqual(expect.stringMatching(/^agent: pid \d+, STALE/));
    expect(found).toContainEqual(expect.stringMatching(/^NATS: not connected/));
  });
});
