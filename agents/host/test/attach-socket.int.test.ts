import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import type { AttachError } from '../src/errors.js';
import { attach, exchange } from '../src/jvms/attach.js';
import type { JvmProcess } from '../src/jvms/jvm-scanner.js';
import { readProcess } from '../src/jvms/process-facts.js';
import { temporaryDirectory } from './fixtures.js';

/** A process that catches SIGQUIT and has an attach socket of our making: what a JVM could be made to look like. */
let child: ReturnType<typeof spawn>;
let target: JvmProcess;
let folder: ReturnType<typeof temporaryDirectory>;
let path: string;
const servers: Server[] = [];
beforeEach(async () => {
  folder = temporaryDirectory();
  child = spawn('sh', ['-c', 'trap "" QUIT; trap ":" QUIT; echo ready; read x'], { stdio: 'pipe', cwd: folder.path });
  await once(child.stdout!, 'data');
  target = { ...readProcess(child.pid!)!, mainClass: null, jdkVersion: null, vendor: 'hotspot' };
  path = `/tmp/.java_pid${child.pid!}`;
});
afterEach(async () => {
  child.kill('SIGKILL');
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  rmSync(path, { force: true });
  folder.remove();
});

/** Puts a link to the second path in the place of the first as soon as that is there, again and again. */
const EXCHANGE = `
  const { existsSync, renameSync, symlinkSync, rmSync } = require('node:fs');
  const [trigger, victim] = process.argv.slice(1);
  console.log('ready');
  for (;;) {
    rmSync(trigger + '.link', { force: true });
    symlinkSync(victim, trigger + '.link');
    while (!existsSync(trigger));
    try { renameSync(trigger + '.link', trigger); } catch {}
  }`;

async function listen(answer: string, at = path): Promise<string[]> {
  const received: string[] = [];
  const server = createServer((socket) => {
    socket.on('data', (chunk) => {
      received.push(chunk.toString());
      socket.end(answer);
    });
    socket.on('error', () => undefined);
  });
  servers.push(server);
  rmSync(at, { force: true }); // of a JVM that had this pid and was killed
  await new Promise<void>((resolve) => server.listen(at, resolve));
  return received;
}
function load(): Parameters<typeof attach>[1] {
  const file = `${folder.path}/file`;
  writeFileSync(file, '');
  return { jar: file, options: 'dir=/x', sharedFile: file };
}
const failure = (process: JvmProcess, over = {}): Promise<unknown> =>
  attach(process, { ...load(), ...over }).then(
    () => null,
    (error: unknown) => (error as AttachError).code,
  );

describe('attaching', () => {
  test('sends the load command of protocol version 1 and takes the answer', async () => {
    const received = await listen('0\nreturn code: 0\n');
    await attach(target, load());
    expect(received.join('')).toBe(`1\0load\0instrument\0false\0${folder.path}/file=dir=/x\0`);
  });

  test('refuses a socket that is a symbolic link, a file, or of another user', async () => {
    await listen('0\nreturn code: 0\n', `${folder.path}/socket`);
    symlinkSync(`${folder.path}/socket`, path);
    expect(await failure(target)).toBe('ATTACH_UNSAFE');
    rmSync(path);
    writeFileSync(path, '');
    expect(await failure(target)).toBe('ATTACH_UNSAFE');
    rmSync(path);
    await listen('0\nreturn code: 0\n');
    chownSync(path, 65_534, 65_534);
    expect(await failure(target)).toBe('ATTACH_UNSAFE');
  });

  test('refuses a process that SIGQUIT would end, and one of another protocol', async () => {
    expect(await failure({ ...target, catchesQuit: false })).toBe('ATTACH_NO_SIGQUIT');
    expect(await failure({ ...target, vendor: 'openj9' })).toBe('ATTACH_NOT_HOTSPOT');
    expect(child.exitCode).toBeNull();
  });

  test('refuses a jar or a directory that the process does not see, and what is too long', async () => {
    expect(await failure(target, { jar: '/nowhere/trustcast-jvm.jar' })).toBe('JAR_NOT_VISIBLE');
    expect(await failure(target, { sharedFile: '/nowhere/truststore.p12' })).toBe('DIRECTORY_NOT_SHARED');
    expect(await failure(target, { options: 'x'.repeat(1_024) })).toBe('ATTACH_TOO_LONG');
  });

  test('does not signal a process that is no JVM any more', async () => {
    expect(await failure(target)).toBe('ATTACH_GONE');
  });

  test('a trigger that the user of the process exchanges for a link gives away nothing', async () => {
    const victim = `${folder.path}/of-root`;
    writeFileSync(victim, '');
    const trigger = `${folder.path}/.attach_pid${child.pid!}`;
    const racer = spawn(process.execPath, ['-e', EXCHANGE, trigger, victim]);
    await once(racer.stdout, 'data');
    for (let tries = 0; tries < 300 && statSync(victim).uid === process.getuid!(); tries += 1) {
      // A link that came too late would keep the next trigger out of this folder.
      rmSync(trigger, { force: true });
      expect(await failure({ ...target, uid: 65_534, gid: 65_534 })).toBe('ATTACH_GONE');
    }
    racer.kill('SIGKILL');
    expect(statSync(victim).uid).toBe(process.getuid!());
  });

  test('a peer that hangs up tells nothing and is refused as such', async () => {
    await listen('');
    expect(await failure(target)).toBe('ATTACH_REFUSED');
    await expect(exchange(`${folder.path}/none`, ['load'])).rejects.toMatchObject({ code: 'ATTACH_BROKEN' });
  });
});
