import { closeSync, constants, fchownSync, fstatSync, lstatSync, openSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Errno, errnoOf, isErrno } from '@trustcast/config';
import { AttachError } from '../../errors.js';
import { parseAttachAnswer } from './attach-answer.js';
import { type Folder, openFolder } from '../../files/open-folder.js';
import { removeFile } from '../../files/remove-file.js';
import { connectTo, exchange } from './attach-connection.js';
import { attachIsOff } from './attach-is-off.js';
import { openSocketFile, pathIn, removeLeftover, removeSocketFile } from './socket-file.js';
import { type JvmProcess, describeJvm } from '../processes/jvm-scanner.js';
import { pathInside } from '../processes/path-inside.js';
import { startTicksOf } from '../processes/process-facts.js';

const SOCKET_WAIT_MS = 5_000;
/** HotSpot reads each argument into a buffer of this size. */
const ARGUMENT_BYTES = 1_024;

/** Looks at two paths, each spoiled by a file that is replaced meanwhile. */
const MAX_LOOKS = 50;

/** The Java agent to load into a JVM. */
export interface Load {
  readonly jar: string;
  /** Options of the Java agent, visible to everyone who lists processes of the JVM's user. */
  readonly options: string;
  /** A file of the agent's directory that the JVM must see as the same file. */
  readonly sharedFile: string;
}

export interface AttachOptions {
  /** Runs work that a process may block, under a watchdog. */
  readonly supervise?: Supervise | undefined;
  /** Time for the process to accept the connection. */
  readonly acceptMs?: number | undefined;
}
type Supervise = <Result>(work: () => Result) => Result;

/**
 * Loads a Java agent into a running HotSpot JVM through its attach socket.
 *
 * @throws AttachError
 */
export async function attach(
  process: JvmProcess,
  load: Load,
  { supervise = (work) => work(), acceptMs }: AttachOptions = {},
): Promise<void> {
  supervise(() => refuseUnattachable(process, load));
  const folder = supervise(() => openTemporary(process));
  try {
    const socket = await openSocket(process, folder, supervise, acceptMs);
    parseAttachAnswer(await exchange(socket, ['load', 'instrument', 'false', `${load.jar}=${load.options}`]));
  } finally {
    folder.close();
  }
}

/** Checks that attaching works and does no harm; sends no signal and writes nothing. @throws AttachError */
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
    throw new AttachError(
      'JAR_NOT_VISIBLE',
      `the JVM does not see ${jar}, which TRUSTCAST_JVM_AGENT_JAR names: put the jar there, or mount it into its container under that path`,
    );
}

/** Opens `/tmp` as the process sees it; a link is refused, since it could lead anywhere. @throws AttachError */
function openTemporary({ pid }: JvmProcess): Folder {
  let root: Folder | undefined;
  try {
    root = openFolder(`/proc/${pid}/root`, { links: true });
    return openFolder(root.at('tmp'));
  } catch (cause) {
    const errno = errnoOf(cause);
    const { remember, message } = TMP_PROBLEMS.get(errno) ?? { remember: false, message: `cannot be opened: ${errno}` };
    throw new AttachError('ATTACH_UNSAFE', `/proc/${pid}/root/tmp, the JVM’s /tmp, ${message}`, { remember, cause });
  } finally {
    root?.close();
  }
}

const TMP_PROBLEMS: ReadonlyMap<string, { remember: boolean; message: string }> = new Map<
  Errno,
  { remember: boolean; message: string }
>([
  ['ENOTDIR', { remember: true, message: 'is not a directory' }],
  ['ELOOP', { remember: true, message: 'is not a directory' }],
  ['ENOENT', { remember: false, message: 'is missing' }],
]);

/** Connects to the process; wakes its listener where there is none yet. @throws AttachError */
async function openSocket(
  process: JvmProcess,
  folder: Folder,
  supervise: Supervise,
  acceptMs?: number,
): Promise<Socket> {
  const { pid } = process;
  const connection = async (): Promise<Socket | null> => {
    const file = openSocketFile(folder, process);
    if (file === null) return null;
    try {
      if (file.stat.uid !== process.uid) {
        await removeLeftover(folder, file, process);
        return null;
      }
      const socket = await connectTo(file, process, acceptMs);
      // Left over by an earlier process with this pid.
      if (!socket) removeSocketFile(folder, file, process);
      return socket;
    } finally {
      closeSync(file.fd);
    }
  };
  const listening = await connection();
  if (listening) return listening;
  const removeTrigger = supervise(() => createTrigger(process, folder));
  try {
    // Between reading and signalling the pid may have become another's, or exec may have changed what it runs.
    const now = supervise(() => describeJvm(pid));
    if (now?.startTicks !== process.startTicks || !now.catchesQuit)
      throw new AttachError('ATTACH_GONE', 'the process has ended or changed');
    globalThis.process.kill(pid, 'SIGQUIT');
    const until = Date.now() + SOCKET_WAIT_MS;
    while (Date.now() < until) {
      const socket = await connection();
      if (socket) return socket;
      if (startTicksOf(pid) !== process.startTicks) throw new AttachError('ATTACH_GONE', 'the process has ended');
      await sleep(3);
    }
  } finally {
    removeTrigger();
  }
  // Asking again would print another thread dump where attaching is disabled in a way that cannot be seen.
  throw new AttachError('ATTACH_TIMEOUT', 'the JVM did not open its attach socket', { remember: true });
}

/** Makes the file by which HotSpot takes SIGQUIT for an attach. Returns what removes it again. @throws AttachError */
function createTrigger(process: JvmProcess, temporary: Folder): () => void {
  const { pid, nsPid, uid, gid } = process;
  const name = `.attach_pid${nsPid}`;
  const places: [path: string, open: () => Folder][] = [
    [`/proc/${pid}/cwd/${name}`, () => openFolder(`/proc/${pid}/cwd`, { links: true })],
    [pathIn(temporary, process, name), () => openFolder(temporary.at('.'))],
  ];
  const failures: string[] = [];
  let cause: unknown;
  for (const [path, open] of places) {
    let folder: Folder | undefined;
    try {
      folder = open();
      makeTrigger(folder.at(name), uid, gid);
      const { at, close } = folder;
      return () => {
        removeFile(at(name));
        close();
      };
    } catch (error) {
      folder?.close();
      cause = error;
      const errno = errnoOf(error);
      failures.push(`${path}: ${errno}${errno === 'EEXIST' ? ', which belongs to another user: remove it' : ''}`);
    }
  }
  throw new AttachError('ATTACH_NO_TRIGGER', `the trigger file cannot be made (${failures.join('; ')})`, { cause });
}

function makeTrigger(path: string, uid: number, gid: number): void {
  try {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const file = openSync(path, flags, 0o600);
    try {
      // Not by its path: the folder is the JVM's user's, who may have put a link in its place by now.
      if (globalThis.process.geteuid?.() !== uid) fchownSync(file, uid, gid);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    // Left over by an attach that was killed; a JVM ignores it without a signal.
    if (!isErrno(error, 'EEXIST') || !isFileOf(path, uid)) throw error;
  }
}

/** Whether both paths lead to one file, which may be replaced at any moment. */
function isSameFile(own: string, seen: string): boolean {
  try {
    for (let look = 0; look < MAX_LOOKS; look++) {
      // While it is open, no other file gets its inode.
      const open = openSync(own, 'r');
      try {
        const [one, other, again] = [fstatSync(open), statSync(seen), statSync(own)];
        if (one.dev === other.dev && one.ino === other.ino) return true;
        if (one.dev === again.dev && one.ino === again.ino) return false;
      } finally {
        closeSync(open);
      }
    }
  } catch {
    // One of them is not there.
  }
  return false;
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
