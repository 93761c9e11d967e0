import { closeSync, constants, fchownSync, lstatSync, openSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AttachError } from '../errors.js';
import { attachIsOff } from './attach-is-off.js';
import { type JvmProcess, describe } from './jvm-scanner.js';
import { pathInside } from './path-inside.js';
import { startTicksOf } from './process-facts.js';

const SOCKET_WAIT_MS = 5_000;
const ANSWER_WAIT_MS = 20_000;
/** HotSpot reads each argument into a buffer of this size. */
const ARGUMENT_BYTES = 1_024;

/** What is to be loaded into a JVM. */
export interface Load {
  readonly jar: string;
  /** Options of the Java agent; they are seen by whoever lists processes of the JVM's user. */
  readonly options: string;
  /** A file of the agent's directory that the JVM must see as the same file. */
  readonly sharedFile: string;
}

/**
 * Loads a Java agent into a running HotSpot JVM through its attach socket.
 *
 * @throws AttachError
 */
export async function attach(process: JvmProcess, load: Load): Promise<void> {
  refuseUnattachable(process, load);
  const socket = await openSocket(process);
  const answer = await exchange(socket, ['load', 'instrument', 'false', `${load.jar}=${load.options}`]);
  judgeAnswer(answer);
}

/** Throws where attaching cannot work or would do harm; signals and writes nothing. @throws AttachError */
export function refuseUnattachable(process: JvmProcess, { jar, options, sharedFile }: Load): void {
  const { pid } = process;
  if (process.vendor === 'openj9')
    throw new AttachError('ATTACH_NOT_HOTSPOT', 'OpenJ9 has another attach protocol; use -javaagent', {
      remember: true,
    });
  if (attachIsOff(process))
    throw new AttachError('ATTACH_DISABLED', '-XX:+DisableAttachMechanism is set; use -javaagent', { remember: true });
  if (!process.catchesQuit)
    throw new AttachError('ATTACH_NO_SIGQUIT', 'SIGQUIT would end the process (-Xrs, or still starting)');
  const uid = globalThis.process.geteuid?.();
  if (uid !== 0 && (uid !== process.uid || globalThis.process.getegid?.() !== process.gid))
    throw new AttachError('ATTACH_NOT_PERMITTED', 'only root or the user and group of the JVM may attach', {
      remember: true,
    });
  if (Buffer.byteLength(`${jar}=${options}`) >= ARGUMENT_BYTES)
    throw new AttachError('ATTACH_TOO_LONG', 'jar and directory together are too long for the attach protocol', {
      remember: true,
    });
  if (!isSameFile(sharedFile, pathInside(pid, sharedFile)))
    throw new AttachError('DIRECTORY_NOT_SHARED', 'the JVM does not see the agent’s directory under the same path');
  if (!exists(pathInside(pid, jar)))
    throw new AttachError('JAR_NOT_VISIBLE', 'the JVM does not see the jar under the same path');
}

/** Returns the path of a socket that the JVM listens on; wakes its listener where there is none yet. */
async function openSocket(process: JvmProcess): Promise<string> {
  const { pid, nsPid } = process;
  const path = `/proc/${pid}/root/tmp/.java_pid${nsPid}`;
  if (isSocketOf(path, process.uid)) {
    if (await listens(path)) return path;
    // Left over by an earlier process with this pid.
    rmSync(path, { force: true });
  }
  const trigger = createTrigger(process);
  try {
    // Between reading and signalling the pid may have become another's, or exec may have changed what it runs.
    const now = describe(pid);
    if (now?.startTicks !== process.startTicks || !now.catchesQuit)
      throw new AttachError('ATTACH_GONE', 'the process has ended or changed');
    globalThis.process.kill(pid, 'SIGQUIT');
    const until = Date.now() + SOCKET_WAIT_MS;
    while (Date.now() < until) {
      if (isSocketOf(path, process.uid)) return path;
      if (startTicksOf(pid) !== process.startTicks) throw new AttachError('ATTACH_GONE', 'the process has ended');
      await sleep(3);
    }
  } finally {
    rmSync(trigger, { force: true });
  }
  // Asking again would print another thread dump where attaching is disabled in a way that cannot be seen.
  throw new AttachError('ATTACH_TIMEOUT', 'the JVM did not open its attach socket', { remember: true });
}

function createTrigger({ pid, nsPid, uid, gid }: JvmProcess): string {
  const name = `.attach_pid${nsPid}`;
  let failure: unknown;
  for (const folder of [`/proc/${pid}/cwd`, `/proc/${pid}/root/tmp`]) {
    const path = join(folder, name);
    try {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const file = openSync(path, flags, 0o600);
      try {
        // Not by its path: the folder is the JVM's user's, who may have put a link in its place by now.
        if (globalThis.process.geteuid?.() !== uid) fchownSync(file, uid, gid);
      } finally {
        closeSync(file);
      }
      return path;
    } catch (error) {
      // Left over by an attach that was killed; a JVM ignores it without a signal.
      if ((error as NodeJS.ErrnoException).code === 'EEXIST' && isFileOf(path, uid)) return path;
      failure = error;
    }
  }
  throw new AttachError('ATTACH_NO_TRIGGER', 'the trigger file cannot be made', { cause: failure });
}

/** A socket of the target's user in a directory that is one itself: a link could lead anywhere. */
function isSocketOf(path: string, uid: number): boolean {
  try {
    if (!lstatSync(join(path, '..')).isDirectory())
      throw new AttachError('ATTACH_UNSAFE', '/tmp of the JVM is not a directory', { remember: true });
    const stat = lstatSync(path);
    if (!stat.isSocket() || stat.uid !== uid)
      throw new AttachError('ATTACH_UNSAFE', 'the attach socket is not a socket of the JVM’s user');
    return true;
  } catch (error) {
    if (error instanceof AttachError) throw error;
    return false;
  }
}

function listens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Sends a command of protocol version 1 and returns all that comes back. */
export function exchange(path: string, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ path }, () => socket.write(['1', ...words].map((word) => `${word}\0`).join('')));
    const fail = (code: string, message: string, cause?: unknown): void => {
      socket.destroy();
      reject(new AttachError(code, message, { cause }));
    };
    const timer = setTimeout(() => fail('ATTACH_NO_ANSWER', 'the JVM did not answer'), ANSWER_WAIT_MS);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (cause) => fail('ATTACH_BROKEN', 'the attach socket broke', cause));
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString('utf8'));
    });
  });
}

/** Reads the answer to `load instrument`: the first line is the operation's status, the agent's own follows. */
export function judgeAnswer(answer: string): void {
  const [status, ...rest] = answer.split('\n');
  const text = rest.join('\n').trim();
  // JDK 21 and later answer 0 although nothing was loaded, so only the text tells.
  if (/dynamic agent loading is not enabled/i.test(answer))
    throw new AttachError('ATTACH_DYNAMIC_LOADING_OFF', '-XX:-EnableDynamicAgentLoading is set; use -javaagent', {
      remember: true,
    });
  if (/operation .* not recognized/i.test(answer))
    throw new AttachError('ATTACH_NOT_RECOGNIZED', 'the JVM does not know the command', { remember: true });
  // JDK 8 answers with the bare number.
  const code = /return code: (-?\d+)/.exec(text)?.[1] ?? /^(-?\d+)$/.exec(text)?.[1];
  if (status === '0' && code === '0') return;
  if (code === '100') throw new AttachError('ATTACH_JAR_REFUSED', 'the JVM found no agent in the jar');
  if (code === '102') throw new AttachError('ATTACH_AGENT_FAILED', 'the Java agent did not start in the JVM');
  throw new AttachError('ATTACH_REFUSED', `the JVM answered ${status ?? ''} ${text}`.slice(0, 300).trim());
}

function isSameFile(a: string, b: string): boolean {
  try {
    const [one, other] = [statSync(a), statSync(b)];
    return one.dev === other.dev && one.ino === other.ino;
  } catch {
    return false;
  }
}

function exists(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isFileOf(path: string, uid: number): boolean {
  try {
    const stat = lstatSync(path);
    return stat.isFile() && stat.uid === uid;
  } catch {
    return false;
  }
}
