import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../src/doctor/finding.js';
import { AgentProcess } from './agent-process.js';
import { entriesOf } from './fixtures.js';
import { Host } from './host.js';

let host: Host;
beforeEach(async () => {
  host = await Host.start();
});
afterEach(async () => {
  await host.stop();
});

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}
async function cli(
  args: readonly string[],
  over: Readonly<Record<string, string>> = {},
  command?: readonly string[],
): Promise<Run> {
  const { TRUSTCAST_ENVIRONMENT = '', TRUSTCAST_DIRECTORY = '', TRUSTCAST_BASE = '' } = host.env();
  const process = new AgentProcess(
    args,
    { TRUSTCAST_ENVIRONMENT, TRUSTCAST_DIRECTORY, TRUSTCAST_BASE, ...over },
    command,
  );
  const code = await process.exited;
  return { code, out: process.output, err: process.stderr };
}
async function doctor(
  over: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; problems: string[] }> {
  const { code, out } = await cli(['doctor', '--json'], over);
  const findings = JSON.parse(out) as Finding[];
  // JVMs that other tests run at this moment are none of ours.
  const problems = findings.filter(({ verdict, check }) => verdict === 'problem' && !check.startsWith('JVM '));
  return { code, problems: problems.map(({ check, detail }) => `${check}: ${detail}`) };
}

describe('the command line', () => {
  test('tells its commands, and every command its settings and exit codes', async () => {
    const overview = await cli(['--help']);
    expect(overview.code).toBe(0);
    for (const command of ['run', 'status', 'jvms', 'attach', 'detach', 'doctor']) {
      expect(overview.out).toContain(`  ${command} `);
      const { code, out } = await cli([command, '--help']);
      expect(code).toBe(0);
      expect(out).toMatch(/Exit codes: 0 /);
      expect(out).toContain('--service-url');
    }
    expect((await cli(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('ends with 64 for what it does not know and 78 for a wrong setting', async () => {
    expect(await cli(['explode'])).toMatchObject({ code: 64, out: '' });
    expect(await cli(['status', '--no-such-flag'])).toMatchObject({ code: 64, out: '' });
    expect(await cli(['status', '--directory', 'relative'])).toMatchObject({ code: 78, out: '' });
    expect(await cli(['attach', '1'])).toMatchObject({ code: 78, out: '' });
    for (const line of [
      ['status', 'foo'],
      ['jvms', '1'],
      ['attach', 'abc'],
      ['detach', '1', '0'],
    ])
      expect(await cli(line)).toMatchObject({ code: 64, out: '' });
  });

  test('takes -h for --help', async () => {
    expect(await cli(['-h'])).toEqual(await cli(['--help']));
    expect(await cli(['jvms', '-h'])).toEqual(await cli(['jvms', '--help']));
  });

  test.each(['jvms', 'attach', 'detach'])('%s before the first run says what to do', async (command) => {
    const { code, out, err } = await cli([command], { TRUSTCAST_JVM_AGENT_JAR: '/nowhere/trustcast-jvm.jar' });
    expect({ code, out }).toEqual({ code: 78, out: '' });
    expect(err).toContain(`no agent has run on ${host.directory}: start trustcast-agent run first`);
  });

  test.each(['status', 'jvms', 'attach', 'detach'])(
    '%s says whom it may be run by, to anybody else',
    async (command) => {
      chmodSync(host.home, 0o755);
      await (await host.running()).stop();
      const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', process.execPath];
      const jar = { TRUSTCAST_JVM_AGENT_JAR: '/nowhere/trustcast-jvm.jar' };
      const { code, out, err } = await cli([command], jar, nobody);
      expect({ code, out }).toEqual({ code: 77, out: '' });
      const users = process.geteuid?.() === 0 ? 'root' : `root or uid ${process.geteuid?.()}`;
      expect(err).toContain(`this user may not look into ${host.directory}/state; run it as ${users}\n`);
    },
  );

  test('a flag wins over the environment', async () => {
    const { out } = await cli(['status', '--json', '--directory', '/nowhere/else']);
    expect(JSON.parse(out)).toMatchObject({ directory: '/nowhere/else', pid: null });
  });

  test('status tells what was written, by whom, and whether he still runs', async () => {
    expect(await cli(['status'])).toMatchObject({ code: 3 });
    const agent = await host.running();
    await host.service.deploy({ upserts: await entriesOf('a', 'b') });
    await host.service.written();
    await agent.stop();
    const stopped = await cli(['status']);
    expect(stopped.code).toBe(3);
    expect(stopped.out).toContain('revision 1.1, 2 managed, 0 base');
    const again = await host.running();
    // The file that it reads is written a moment after the report.
    let status = await cli(['status', '--json']);
    for (let tries = 0; tries < 20 && status.code !== 0; tries += 1) status = await cli(['status', '--json']);
    expect(status.code).toBe(0);
    expect(JSON.parse(status.out)).toMatchObject({ pid: again.pid, state: 'WRITTEN', managed: 2, connected: true });
  });
});

describe('doctor', () => {
  test('finds nothing wrong where nothing is, and the missing agent where that is all', async () => {
    const agent = await host.running();
    let healthy = await doctor();
    for (let tries = 0; tries < 20 && healthy.problems.length > 0; tries += 1) healthy = await doctor();
    expect(healthy.problems).toEqual([]);
    await agent.stop();
    expect((await doctor()).problems).toEqual(['agent: is not running']);
  });

  test('finds a directory that is missing or open to others', async () => {
    expect((await doctor()).problems).toEqual([
      `directory: ${host.directory} is missing; "trustcast-agent run" makes it`,
    ]);
    await (await host.running()).stop();
    chmodSync(host.directory, 0o777);
    expect((await doctor()).problems).toContain(`directory: ${host.directory} is writable by other users`);
    chmodSync(host.directory, 0o755);
    chmodSync(join(host.directory, 'jvms'), 0o755);
    expect((await doctor()).problems).toContainEqual(expect.stringMatching(/^status files: .* mode 755/));
  });

  test('finds a truststore that is gone or is another file', async () => {
    await (await host.running()).stop();
    writeFileSync(host.truststore, 'a file of somebody else');
    expect((await doctor()).problems).toContainEqual(
      expect.stringMatching(/^truststore: is not what the agent writes/),
    );
    rmSync(host.truststore);
    expect((await doctor()).problems).toContainEqual(expect.stringMatching(/^truststore: .*ENOENT/));
  });

  test('finds a base that is not the one that was written, or cannot be read, and a missing jar', async () => {
    await (await host.running()).stop();
    const jar = '/nowhere/trustcast-jvm.jar';
    const { problems } = await doctor({ TRUSTCAST_BASE: 'file:/nowhere/cacerts', TRUSTCAST_JVM_AGENT_JAR: jar });
    expect(problems).toContain('base: /nowhere/cacerts cannot be read');
    expect(problems).toContainEqual(expect.stringMatching(/^jar: .* is missing; a JVM whose -javaagent names it/));
  });

  test('finds an agent that is cut off', async () => {
    await host.service.stopHttp();
    await host.agent().line('ready');
    let { problems } = await doctor();
    for (let tries = 0; tries < 40 && problems.length < 2; tries += 1) ({ problems } = await doctor());
    expect(problems).toContainEqual(expect.stringMatching(/^agent: pid \d+, STALE/));
    expect(problems).toContainEqual(expect.stringMatching(/^NATS: not connected/));
  });
});
