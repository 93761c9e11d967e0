import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePkcs12 } from '@trustcast/keystore';
import type { AgentProcess } from '../support/agent-process.js';
import { command } from '../support/command.js';
import { doctor } from '../support/doctor.js';
import { entriesOf } from '../support/fixtures.js';
import { useHost } from '../support/use-host.js';

const host = useHost();

interface Small {
  readonly agent: AgentProcess;
  readonly shell: (script: string) => void;
  /** Stands before a program that is to see the same mounts. */
  readonly enter: readonly string[];
}

/** Starts an agent whose directory is a file system of its own, which `fill` fills, in a mount namespace that ends with it. */
function start(options: string, fill: string, over: Record<string, string> = {}): Small {
  mkdirSync(host.directory);
  const script = `mount -t tmpfs -o mode=755,${options} tmpfs ${host.directory}; ${fill}; exec "$0" "$@"`;
  const wrapper = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', script, process.execPath];
  const agent = host.agent(over, wrapper);
  const enter = ['nsenter', '--target', String(agent.pid), '--user', '--mount', '--preserve-credentials'];
  const shell = (text: string): void => void command(enter[0]!, ...enter.slice(1), 'sh', '-ec', text);
  return { agent, shell, enter };
}

const filler = (): string => join(host.directory, 'filler');

describe('an agent that starts on a file system', () => {
  test.each([
    [
      'without room',
      'size=64k,nr_inodes=64',
      () => `cat /dev/zero > ${filler()} 2>/dev/null`,
      () => `rm ${filler()}; mount -o remount,size=8m ${host.directory}`,
      'ENOSPC',
    ],
    [
      'without inodes',
      'size=8m,nr_inodes=1',
      () => 'true',
      () => `mount -o remount,nr_inodes=1000 ${host.directory}`,
      'ENOSPC',
    ],
    [
      'that is read-only',
      'size=8m',
      () => `mount -o remount,ro ${host.directory}`,
      () => `mount -o remount,rw ${host.directory}`,
      'EROFS',
    ],
  ])(
    '%s says FAILED with the errno, in log, status and doctor, and heals',
    async (_name, options, fill, heal, errno) => {
      const { agent, shell, enter } = start(options, fill());
      const { state, reason } = await agent.line('the state cannot be written; retrying');
      expect({ state, reason }).toEqual({ state: 'FAILED', reason: `STATE_NOT_WRITTEN: ${errno}` });
      const status = await host.cli(['status'], {}, [...enter, process.execPath]);
      expect(status.code).toBe(1);
      expect(status.out).toMatch(new RegExp(`^agent +pid ${agent.pid}$`, 'm'));
      expect(status.out).toMatch(
        new RegExp(`^state +FAILED \\(STATE_NOT_WRITTEN: ${errno}: .* KB and \\d+ inodes free\\)$`, 'm'),
      );
      const said = await doctor(host, {}, enter);
      expect(said.code).toBe(1);
      expect(said.of('room')).toEqual([
        expect.stringMatching(new RegExp(`^problem: STATE_NOT_WRITTEN: ${errno}: .*make room`)),
      ]);
      shell(heal());
      await host.service.written();
      expect(existsSync(`/proc/${agent.pid}/root${host.truststore}`)).toBe(true);
      expect((await doctor(host, {}, enter)).of('room')).toEqual([]);
    },
  );

  test('with room for its state and none for the truststore reports FAILED, and heals', async () => {
    const base = join(host.home, 'base.p12');
    const [entry] = await entriesOf('base');
    const many = Array.from({ length: 400 }, (_, at) => ({ alias: `base-${at}`, der: entry!.der }));
    writeFileSync(base, writePkcs12(many));
    const { agent, shell } = start('size=64k', 'true', { TRUSTCAST_BASE: `file:${base}` });
    await agent.line('there is no truststore yet', ({ reason }) => reason === 'TRUSTSTORE_NOT_WRITTEN: ENOSPC');
    await host.service.status(({ state, reason }) => state === 'FAILED' && reason === 'TRUSTSTORE_NOT_WRITTEN: ENOSPC');
    shell(`mount -o remount,size=8m ${host.directory}`);
    await host.service.status(({ state, base: number }) => state === 'WRITTEN' && number === 400, 40_000);
  });

  test('where no file may grow says which limit to raise, in log, status and doctor', async () => {
    const agent = host.agent({}, ['sh', '-c', 'ulimit -f 0; exec "$0" "$@"', process.execPath]);
    const { reason } = await agent.line('the state cannot be written; retrying');
    expect(reason).toMatch(/^STATE_NOT_WRITTEN: EFBIG: .*: raise LimitFSIZE=/);
    const told = /STATE_NOT_WRITTEN: EFBIG: files of the agent may have 0 bytes: raise LimitFSIZE=/;
    expect((await host.cli(['status'])).out).toMatch(told);
    expect((await doctor(host)).of('room')).toEqual([expect.stringMatching(told)]);
    await agent.stop();
    await host.running();
    expect((await doctor(host)).of('room')).toEqual([]);
  });

  test('that another user pretends to run is none', async () => {
    await (await host.running()).stop();
    const program = `require('fs').openSync('${host.directory}'); console.log('ready'); setInterval(() => 0, 1_000)`;
    const pretender = spawn(process.execPath, ['-e', program, 'main.js', 'run'], {
      uid: 12_321,
      gid: 12_321,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(pretender.stdout, 'data');
    const { code, out } = await host.cli(['status']);
    pretender.kill('SIGKILL');
    expect([code, out]).toEqual([3, expect.stringMatching(/^agent +not running$/m)]);
  });

  test('without room ends at a signal', async () => {
    const { agent } = start('size=8m,nr_inodes=1', 'true');
    await agent.line('the state cannot be written; retrying');
    expect(await agent.stop()).toBe(0);
  });
});
