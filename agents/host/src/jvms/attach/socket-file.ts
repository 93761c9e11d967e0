import { type Stats, closeSync, constants, fstatSync, lstatSync, openSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { uptime } from 'node:os';
import { errnoOf, isErrno } from '@trustcast/config';
import { AttachError } from '../../errors.js';
import { O_PATH } from '../../files/open-flags.js';
import type { Folder } from '../../files/open-folder.js';
import { removeFile } from '../../files/remove-file.js';
import { MS_PER_TICK, type ProcessFacts } from '../processes/process-facts.js';

/** The file under the name of a JVM's attach socket, open: whatever takes its name later, a connection goes to this one. */
export interface SocketFile {
  readonly fd: number;
  readonly stat: Stats;
  /** As an operator of the host names it. */
  readonly path: string;
}

/** The name under which HotSpot puts its attach socket into `/tmp`. */
export function socketName({ nsPid }: ProcessFacts): string {
  return `.java_pid${nsPid}`;
}

/** Opens the attach socket; null where there is none. @throws AttachError where something else is there */
export function openSocketFile(folder: Folder, jvm: ProcessFacts): SocketFile | null {
  const path = pathIn(folder, jvm, socketName(jvm));
  let fd: number;
  try {
    fd = openSync(folder.at(socketName(jvm)), O_PATH | constants.O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw new AttachError('ATTACH_UNSAFE', `${path} cannot be opened: ${errnoOf(error)}`, { cause: error });
  }
  const stat = fstatSync(fd);
  if (stat.isSocket()) return { fd, stat, path };
  closeSync(fd);
  throw new AttachError(
    'ATTACH_UNSAFE',
    `${path} is ${kindOf(stat)} of uid ${stat.uid} in the place of the JVM’s attach socket: remove it`,
  );
}

/** Connects to an open socket file; null where nobody listens on it. @throws AttachError */
export function connectToFile({ fd, path }: SocketFile): Promise<Socket | null> {
  const socket = connect({ path: `/proc/self/fd/${fd}` });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('error', (cause) => {
      const errno = errnoOf(cause);
      if (errno === 'ECONNREFUSED') {
        resolve(null);
        return;
      }
      // A listener whose queue is full has ended no less than one that answers.
      const why = errno === 'EAGAIN' ? 'other connections wait for the JVM, which is stopped or busy' : errno;
      reject(new AttachError('ATTACH_NO_CONNECTION', `${path} takes no connection: ${why}`, { cause }));
    });
  });
}

/**
 * Removes a socket of another user that is in the way of the JVM, which may not do so itself. Only a leftover is removed: nobody
 * listens on it, as HotSpot does from before a socket gets this name, and it is older than the process whose pid it names.
 *
 * @throws AttachError where it is no leftover, or may not be removed
 */
export async function removeLeftover(folder: Folder, file: SocketFile, jvm: ProcessFacts): Promise<void> {
  const { path, stat } = file;
  const inTheWay = `${path} is a socket of uid ${stat.uid} in the place of the JVM’s attach socket, which belongs to uid ${jvm.uid}`;
  const socket = await connectToFile(file).catch((cause: unknown) => {
    const message = `${inTheWay}, and this agent may not connect to it: remove it as root or as uid ${stat.uid}`;
    throw new AttachError('ATTACH_UNSAFE', message, { cause });
  });
  if (socket) {
    socket.destroy();
    throw new AttachError(
      'ATTACH_UNSAFE',
      `${inTheWay}, and a process listens on it: end that process, then remove it`,
    );
  }
  if (!isOlder(stat, jvm))
    throw new AttachError(
      'ATTACH_UNSAFE',
      `${inTheWay}; it is newer than the JVM, and nobody listens on it: remove it`,
    );
  removeSocketFile(folder, file, jvm);
}

/** Removes a leftover that was opened, unless another file has its name by now. @throws AttachError */
export function removeSocketFile(folder: Folder, { stat, path: name }: SocketFile, jvm: ProcessFacts): void {
  const path = folder.at(socketName(jvm));
  try {
    const now = lstatSync(path, { throwIfNoEntry: false });
    if (now?.dev === stat.dev && now.ino === stat.ino) removeFile(path);
  } catch (cause) {
    const message = `${name} was left by a process of uid ${stat.uid} that has ended, in the place of the JVM’s attach socket`;
    const remedy = `remove it as root or as uid ${stat.uid} (${errnoOf(cause)})`;
    throw new AttachError('ATTACH_UNSAFE', `${message}: ${remedy}`, { cause });
  }
}

/** By the time since the boot: what `/proc/stat` says of the boot is to the second, and moves with the clock. */
function isOlder({ ctimeMs }: Stats, { startTicks }: ProcessFacts): boolean {
  const runsForMs = uptime() * 1_000 - startTicks * MS_PER_TICK;
  return runsForMs >= 0 && Date.now() - ctimeMs > runsForMs + 2 * MS_PER_TICK;
}

/** Where an operator finds a file of the JVM's `/tmp`, which may be another directory than the host's. */
export function pathIn(folder: Folder, { pid }: ProcessFacts, name: string): string {
  const [own, host] = [fstatSync(folder.fd), statSync('/tmp', { throwIfNoEntry: false })];
  return own.dev === host?.dev && own.ino === host.ino ? `/tmp/${name}` : `/proc/${pid}/root/tmp/${name}`;
}

function kindOf(stat: Stats): string {
  if (stat.isSymbolicLink()) return 'a symbolic link';
  if (stat.isDirectory()) return 'a directory';
  return stat.isFile() ? 'a file' : 'a device or FIFO';
}
