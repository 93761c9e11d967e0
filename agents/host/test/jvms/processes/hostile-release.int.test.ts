import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JvmScanner, describeJvm as describeProcess } from '../../../src/jvms/processes/jvm-scanner.js';
import { processId } from '../../../src/jvms/processes/process-id.js';
import { startTicksOf } from '../../../src/jvms/processes/process-facts.js';
import { Watchdog } from '../../../src/jvms/processes/watchdog.js';
import { command } from '../../support/command.js';
import { temporaryDirectory } from '../../support/fixtures.js';
import { makeLibrary } from '../../support/library.js';

let home: ReturnType<typeof temporaryDirectory>;
const children: ChildProcess[] = [];
beforeEach(() => {
  home = temporaryDirectory();
  chmodSync(home.path, 0o755);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  home.remove();
});

/** A process of another user that has mapped something by the name of a JVM’s library, beside a `release` of its making. */
async function fakeJvm(): Promise<number> {
  const library = makeLibrary(home.path);
  const child = spawn(process.execPath, ['-e', 'console.log("ready"); setInterval(() => 0, 1000)'], {
    uid: 12_321,
    gid: 12_321,
    env: { PATH: process.env.PATH, LD_PRELOAD: library },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child.pid!;
}

describe('what lies beside the library of a process', () => {
  test('is read as a release where it is one', async () => {
    writeFileSync(join(home.path, 'release'), 'JAVA_VERSION="21.0.99"\n');
    expect(describeProcess(await fakeJvm())).toMatchObject({ jdkVersion: '21.0.99' });
  });

  test('is not waited for where it is a FIFO', async () => {
    command('mkfifo', join(home.path, 'release'));
    expect(describeProcess(await fakeJvm())).toMatchObject({ jdkVersion: null });
  });

  test('is not told where it is a link to a file of root’s', async () => {
    const secret = join(home.path, 'secret');
    writeFileSync(secret, 'JAVA_VERSION="of-root-alone"\n', { mode: 0o600 });
    command('ln', '-s', secret, join(home.path, 'release'));
    expect(describeProcess(await fakeJvm())).toMatchObject({ jdkVersion: null });
  });

  test('is not told where it is another name of a file of root’s', async () => {
    const secret = join(home.path, 'secret');
    writeFileSync(secret, 'JAVA_VERSION="of-root-alone"\n', { mode: 0o600 });
    command('ln', secret, join(home.path, 'release'));
    expect(describeProcess(await fakeJvm())).toMatchObject({ jdkVersion: null });
  });

  test('without an end is not read to the end', async () => {
    command('ln', '-s', '/dev/zero', join(home.path, 'release'));
    expect(describeProcess(await fakeJvm())).toMatchObject({ jdkVersion: null });
  });
});

test('what a scan has no time for is looked at by the scans after it', async () => {
  const pid = await fakeJvm();
  const watchdog = new Watchdog(home.path);
  const hurried = new JvmScanner(watchdog, -1);
  expect(hurried.scan()).toEqual([]);
  expect(hurried.isComplete).toBe(false);
  const scanner = new JvmScanner(watchdog, 1);
  while (!scanner.scan().some((jvm) => jvm.pid === pid)) expect(scanner.isComplete).toBe(false);
});

test('an agent that hangs in a look at a process ends, and the next one leaves that process alone', async () => {
  const pid = await fakeJvm();
  const program = fileURLToPath(new URL('./hanging-poll.js', import.meta.url));
  const agent = spawn(process.execPath, [program, home.path, String(pid)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  agent.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [, signal] = (await once(agent, 'close')) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  expect(JSON.parse(output)).toMatchObject({ level: 'error', msg: 'looking at a process hangs', pid });
  const id = processId({ pid, startTicks: startTicksOf(pid)! });
  const next = new Watchdog(home.path);
  expect(next.hungOn()).toEqual(new Set([id]));
  expect(new JvmScanner(next, 10_000).scan().map((jvm) => jvm.pid)).not.toContain(pid);
  next.keep(() => new Set());
  expect(readdirSync(home.path).filter((name) => name.startsWith('hung-'))).toEqual([]);
});
