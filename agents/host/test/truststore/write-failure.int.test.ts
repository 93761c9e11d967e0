import { describe, expect, test } from '@jest/globals';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentProcess } from '../support/agent-process.js';
import { command } from '../support/command.js';
import { entriesOf, writeOf } from '../support/fixtures.js';
import { useHost } from '../support/use-host.js';

const FAIL_SYNC = fileURLToPath(new URL('../support/fail-sync.js', import.meta.url));

const host = useHost();

/** Starts the agent with a small disk of its own, in a mount namespace that ends with it. */
async function onSmallDisk(): Promise<{
  agent: AgentProcess;
  inside: (path: string) => string;
  shell: (text: string) => void;
}> {
  mkdirSync(host.directory);
  const mountThenRun = `mount -t tmpfs -o size=1m,mode=755 tmpfs ${host.directory} && exec "$0" "$@"`;
  const wrapper = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', mountThenRun, process.execPath];
  const agent = host.agent({}, wrapper);
  await agent.line('connected');
  await host.service.written();
  const pid = String(agent.pid);
  const enter = ['--target', pid, '--user', '--mount', '--preserve-credentials', 'sh', '-ec'];
  return {
    agent,
    inside: (path) => `/proc/${pid}/root${path}`,
    shell: (text) => void command('nsenter', ...enter, text),
  };
}

/** Deploys while something is wrong and checks that it is told and the old file stays; then puts it right. */
async function failing(file: string, reason: RegExp, breakIt: () => void, repair: () => void): Promise<void> {
  await host.service.deploy({ upserts: await entriesOf('a') });
  await host.service.written();
  const before = writeOf(file);
  breakIt();
  await host.service.deploy({ upserts: await entriesOf('b') });
  const status = await host.service.status(({ state }) => state === 'FAILED');
  expect(status.reason).toMatch(reason);
  expect(status.written).toEqual({ epoch: 1, revision: 1 });
  expect(writeOf(file)).toBe(before);
  repair();
  // Without anybody's help, by its own retry.
  await host.service.written(2);
  expect(writeOf(file)).not.toBe(before);
}

describe('the old truststore stays as it is and the status names the errno', () => {
  test('on a full disk', async () => {
    const { inside, shell } = await onSmallDisk();
    const filler = join(host.directory, 'filler');
    await failing(
      inside(host.truststore),
      // Where a page of the state's file has room left, it is the truststore that finds the disk full.
      /^(STATE|TRUSTSTORE)_NOT_WRITTEN: ENOSPC$/,
      () => shell(`cat /dev/zero > ${filler} 2>/dev/null || true`),
      () => shell(`rm ${filler}`),
    );
  });

  test('where the state can be written and the truststore cannot: the directory is read-only', async () => {
    const { inside, shell } = await onSmallDisk();
    await failing(
      inside(host.truststore),
      /^TRUSTSTORE_NOT_WRITTEN: EROFS$/,
      () => shell(`mount --bind ${host.directory} ${host.directory} && mount -o remount,bind,ro ${host.directory}`),
      () => shell(`umount ${host.directory}`),
    );
  });

  test('where files may not grow any more', async () => {
    const agent = await host.running();
    const limit = (bytes: string): void => void command('prlimit', '--pid', String(agent.pid), `--fsize=${bytes}`);
    await failing(
      host.truststore,
      /^STATE_NOT_WRITTEN: EFBIG: .*: raise LimitFSIZE= of its unit \(ulimit -f\)$/,
      () => limit('600:'),
      () => limit('unlimited:'),
    );
  });

  test('where files may not grow any more, also after the agent was killed there', async () => {
    const first = await host.running();
    await host.service.deploy({ upserts: await entriesOf('a') });
    await host.service.written();
    const before = writeOf(host.truststore);
    command('prlimit', '--pid', String(first.pid), '--fsize=600:');
    await host.service.deploy({ upserts: await entriesOf('b', 'c') });
    await host.service.status(({ state }) => state === 'FAILED');
    first.kill('SIGKILL');
    await first.exited;
    expect(writeOf(host.truststore)).toBe(before);
    const next = await host.running();
    await host.service.written(2);
    expect(next.output).not.toMatch(/state is (damaged|older)/);
  });
});

test('state that cannot be made durable is told and not accepted; JVMs have the change already, and it is stored by itself later', async () => {
  const fails = join(host.home, 'sync-fails');
  const agent = host.agent({ SYNC_FAILS: fails }, [process.execPath, '--import', FAIL_SYNC]);
  await agent.line('connected');
  await host.service.deploy({ upserts: await entriesOf('a') });
  await host.service.written();
  const before = writeOf(host.truststore);
  writeFileSync(fails, '');
  await host.service.deploy({ upserts: await entriesOf('b') });
  const { reason } = await host.service.status(({ state }) => state === 'FAILED');
  expect(reason).toBe('STATE_NOT_WRITTEN: EIO');
  const after = writeOf(host.truststore);
  expect(after).not.toBe(before);
  rmSync(fails);
  await host.service.written(2);
  expect(writeOf(host.truststore)).toBe(after);
  agent.kill('SIGKILL');
  await agent.exited;
  const alone = host.agent({ TRUSTCAST_SERVICE_URL: 'http://127.0.0.1:1' });
  await alone.line('ready');
  expect(alone.output).not.toMatch(/state is (damaged|older)/);
  expect(writeOf(host.truststore)).toBe(after);
});
