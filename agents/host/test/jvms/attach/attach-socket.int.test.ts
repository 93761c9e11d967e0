import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { uptime } from 'node:os';
import type { AttachError } from '../../../src/errors.js';
import { attach } from '../../../src/jvms/attach/attach.js';
import { socketsOf } from '../../../src/jvms/attach/attach-connection.js';
import type { JvmProcess } from '../../../src/jvms/processes/jvm-scanner.js';
import { leaveSocket, temporaryDirectory } from '../../support/fixtures.js';
import { TargetProcess } from './target-process.js';

const LOADED = '0\nreturn code: 0\n';
let child: TargetProcess;
let other: TargetProcess;
let target: JvmProcess;
let folder: ReturnType<typeof temporaryDirectory>;
let path: string;
beforeEach(async () => {
  folder = temporaryDirectory();
  child = await TargetProcess.start(folder.path);
  other = await TargetProcess.start(folder.path);
  target = child.facts;
  path = child.socket;
});
afterEach(() => {
  child.stop();
  other.stop();
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

/** Binds sockets whose names go on with a line of their own, each for one of the inodes that the kernel gives next. */
const CLAIM = `
import os, socket, sys
head, name = sys.argv[1:]
held = []
probe = socket.socket()
first = os.fstat(probe.fileno()).st_ino
for number in range(first + 4000, first + 8000):
    one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.bind(f's{number}\\n{head} {number} {name}')
    held.append(one)
print('ready', flush=True)
sys.stdin.read()
`;

/** Connects to a socket, again and again. */
const CONNECT = `
  const { connect } = require('node:net');
  console.log('ready');
  setInterval(() => connect(process.argv[1]).on('error', () => {}), 20);`;

/** Puts links to two sockets in the place of a name in turn. */
const SWAP = `
  const { linkSync, renameSync } = require('node:fs');
  const [name, own, foreign, spare] = process.argv.slice(1);
  console.log('ready');
  for (let turn = 0; ; turn++) {
    try { linkSync(turn % 2 ? own : foreign, spare); renameSync(spare, name); } catch {}
  }`;

function load(): Parameters<typeof attach>[1] {
  const file = `${folder.path}/file`;
  writeFileSync(file, '');
  return { jar: file, options: 'dir=/x', sharedFile: file };
}
const failure = (process: JvmProcess, over = {}, acceptMs?: number): Promise<unknown> =>
  attach(process, { ...load(), ...over }, { acceptMs }).then(
    () => null,
    (error: unknown) => (error as AttachError).code,
  );

const refusal = (process: JvmProcess): Promise<unknown> =>
  attach(process, load()).then(
    () => null,
    (error: unknown) => `${(error as AttachError).code}: ${(error as AttachError).message}`,
  );

/** The process, as if it had started after what is at its path. */
function startedNow(): JvmProcess {
  while (Date.now() - statSync(path).ctimeMs < 50);
  return { ...target, startTicks: Math.floor(uptime() * 100) };
}

const AS_NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups'];
/** What an agent of nobody says of a leftover of another user under the pid of a JVM of nobody. */
const LEFTOVER = `
  const at = ${JSON.stringify(new URL('../../../src/', import.meta.url).href)};
  const { openSocketFile, removeLeftover } = await import(at + 'jvms/attach/socket-file.js');
  const { openFolder } = await import(at + 'files/open-folder.js');
  const [folder, pid] = [openFolder(process.env.FOLDER), Number(process.env.PID)];
  const jvm = { pid, nsPid: pid, uid: 65_534, startTicks: 0 };
  await removeLeftover(folder, openSocketFile(folder, jvm), jvm).catch(({ code, message }) => process.stdout.write(code + ': ' + message));
`;

describe('attaching', () => {
  test('sends the load command of protocol version 1 and takes the answer', async () => {
    await child.listen(LOADED);
    await attach(target, load());
    expect(child.received).toEqual([`1\0load\0instrument\0false\0${folder.path}/file=dir=/x\0`]);
  });

  test('refuses a link, a file or a directory in the place of the socket, and names it with what to do', async () => {
    const remedy = 'in the place of the JVM’s attach socket: remove it';
    symlinkSync(`${folder.path}/socket`, path);
    expect(await refusal(target)).toBe(`ATTACH_UNSAFE: ${path} is a symbolic link of uid 0 ${remedy}`);
    rmSync(path);
    writeFileSync(path, '');
    expect(await refusal(target)).toBe(`ATTACH_UNSAFE: ${path} is a file of uid 0 ${remedy}`);
    rmSync(path);
    mkdirSync(path);
    expect(await refusal(target)).toBe(`ATTACH_UNSAFE: ${path} is a directory of uid 0 ${remedy}`);
    rmSync(path, { recursive: true });
  });

  test('refuses a socket of another user on which a process listens, and names it with what to do', async () => {
    await child.listen(LOADED);
    chownSync(path, 65_534, 65_534);
    expect(await refusal(startedNow())).toBe(
      `ATTACH_UNSAFE: ${path} is a socket of uid 65534 in the place of the JVM’s attach socket, which belongs to uid 0, and a process listens on it: end that process, then remove it`,
    );
    expect(existsSync(path)).toBe(true);
    expect(child.received).toEqual([]);
  });

  test('removes a socket that an earlier process of another user left under the pid', async () => {
    leaveSocket(path, 65_534);
    // It goes on to the process, which is no JVM.
    expect(await failure(startedNow())).toBe('ATTACH_GONE');
    expect(existsSync(path)).toBe(false);
  });

  test('leaves a socket of another user that is newer than the JVM, and says what to do', async () => {
    leaveSocket(path, 65_534);
    expect(await refusal(target)).toBe(
      `ATTACH_UNSAFE: ${path} is a socket of uid 65534 in the place of the JVM’s attach socket, which belongs to uid 0; it is newer than the JVM, and nobody listens on it: remove it`,
    );
    expect(existsSync(path)).toBe(true);
  });

  test('says who may remove a socket of another user that an agent without privileges finds', () => {
    leaveSocket(path, 65_533);
    const said = execFileSync('setpriv', [...AS_NOBODY, process.execPath, '--input-type=module', '-e', LEFTOVER], {
      encoding: 'utf8',
      env: { ...process.env, FOLDER: '/tmp', PID: String(target.pid) },
    });
    expect(said).toBe(
      `ATTACH_UNSAFE: ${path} is a socket of uid 65533 in the place of the JVM’s attach socket, which belongs to uid 65534, and this agent may not connect to it: remove it as root or as uid 65533`,
    );
  });

  test('leaves the socket of a process that is stopped and whose queue of connections is full', async () => {
    await child.listen(LOADED, { backlog: 1 });
    child.signal('SIGSTOP');
    const waiting = Array.from({ length: 4 }, () => connect(path));
    await Promise.race(waiting.map((one) => new Promise((resolve) => one.on('error', resolve))));
    expect(await refusal(target)).toBe(
      `ATTACH_NO_CONNECTION: ${path} takes no connection: other connections wait for the JVM, which is stopped or busy`,
    );
    expect(existsSync(path)).toBe(true);
    for (const one of waiting) one.destroy();
  });

  test('names the files where no trigger can be made', async () => {
    for (const place of [folder.path, '/tmp']) {
      writeFileSync(`${place}/.attach_pid${target.pid}`, '');
      chownSync(`${place}/.attach_pid${target.pid}`, 65_534, 65_534);
    }
    const why = 'EEXIST, which belongs to another user: remove it';
    const said = await refusal(target);
    rmSync(`/tmp/.attach_pid${target.pid}`);
    expect(said).toBe(
      `ATTACH_NO_TRIGGER: the trigger file cannot be made (/proc/${target.pid}/cwd/.attach_pid${target.pid}: ${why}; /tmp/.attach_pid${target.pid}: ${why})`,
    );
  });

  test('refuses a process that SIGQUIT would end, and one of another protocol', async () => {
    expect(await failure({ ...target, catchesQuit: false })).toBe('ATTACH_NO_SIGQUIT');
    expect(await failure({ ...target, vendor: 'openj9' })).toBe('ATTACH_NOT_HOTSPOT');
    expect(child.isRunning).toBe(true);
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
    const trigger = `${folder.path}/.attach_pid${target.pid}`;
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

  test('a socket of another process under this one’s name is sent nothing', async () => {
    await other.listen(LOADED);
    linkSync(other.socket, path);
    expect(await failure(target, {}, 500)).toBe('ATTACH_OTHER_PEER');
    expect(other.received).toEqual([]);
  });

  test.each([
    ['in the kernel’s form', '0000000000000001: 00000003 00000000 00000000 0001 03'],
    ['in another form', '0: 2 0 10000 1 03'],
  ])('a line end in a socket’s name makes no connection this one’s: %s', async (_form, head) => {
    await other.listen(LOADED);
    linkSync(other.socket, path);
    // Claims the inodes that the process's next sockets are about to get.
    const claimer = spawn('python3', ['-c', CLAIM, head, `.java_pid${target.pid}`], { cwd: folder.path });
    await once(claimer.stdout, 'data');
    child.opens();
    expect(await failure(target, {}, 3_000)).toBe('ATTACH_OTHER_PEER');
    claimer.kill('SIGKILL');
    expect(other.received).toEqual([]);
  });

  test('a process that connects to this one in the same moment, under its name, gets nothing', async () => {
    await child.listen(LOADED);
    await other.listen(LOADED);
    const own = `${folder.path}/own`;
    renameSync(path, own);
    linkSync(other.socket, path);
    const accomplice = spawn(process.execPath, ['-e', CONNECT, own]);
    await once(accomplice.stdout, 'data');
    expect(await failure(target, {}, 2_000)).toBe('ATTACH_OTHER_PEER');
    accomplice.kill('SIGKILL');
    expect(other.received).toEqual([]);
  });

  test('a name that is exchanged all the time for another process’s never gets that one the command', async () => {
    await other.listen(LOADED);
    await child.listen(LOADED);
    const [own, foreign] = [`${folder.path}/own`, `${folder.path}/foreign`];
    linkSync(path, own);
    const racer = spawn(process.execPath, ['-e', SWAP, path, own, other.socket, foreign]);
    await once(racer.stdout, 'data');
    let attached = 0;
    for (let tries = 0; tries < 40; tries += 1) attached += (await failure(target, {}, 300)) === null ? 1 : 0;
    racer.kill('SIGKILL');
    expect(other.received).toEqual([]);
    expect(child.received.length).toBeGreaterThanOrEqual(attached);
  });

  test('a process with thousands of descriptors is looked at with pauses, in which everything else goes on', () => {
    const files = Array.from({ length: 1_000 }, () => openSync('/dev/null', 'r'));
    const looking = socketsOf(process.pid);
    let pauses = 0;
    while (looking.next().done !== true) pauses += 1;
    for (const file of files) closeSync(file);
    expect(pauses).toBeGreaterThanOrEqual(3);
  });

  test('an answer without an end is cut off', async () => {
    await child.listen('x'.repeat(1_024), { endless: true });
    expect(await failure(target)).toBe('ATTACH_BROKEN');
  });

  test('a peer that hangs up tells nothing and is refused as such', async () => {
    await child.listen('');
    expect(await failure(target)).toBe('ATTACH_REFUSED');
  });
});
