import {
  type Stats,
  accessSync,
  chmodSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  realpathSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type Errno, errnoOf, isErrno } from '@trustcast/config';
import { DirectoryError } from '../errors.js';
import { type Folder, openFolder } from '../files/open-folder.js';
import { openOwned } from '../files/owned-folder.js';

/** Paths of one agent. */
export interface AgentDirectory {
  readonly path: string;
  readonly truststore: string;
  /** The same CAs for programs other than Java, if configured. */
  readonly pemBundle: string;
  readonly state: string;
  /** Status files of the JVMs; sticky and writable by everyone. */
  readonly jvms: string;
}

export function pathsOf(path: string): AgentDirectory {
  return {
    path,
    truststore: join(path, 'truststore.p12'),
    pemBundle: join(path, 'truststore.pem'),
    state: join(path, 'state'),
    jvms: join(path, 'jvms'),
  };
}

/**
 * Creates the directory and checks that no other user can exchange its content. Nothing is created where one can.
 *
 * @throws DirectoryError
 */
export function prepareDirectory(path: string): AgentDirectory {
  try {
    return madeDirectory(path);
  } catch (error) {
    const cure = (CURES as Readonly<Record<string, string | undefined>>)[errnoOf(error)];
    if (error instanceof DirectoryError || cure === undefined) throw error;
    throw new DirectoryError(
      'DIRECTORY_UNUSABLE',
      `the directory ${path} cannot be used (${errnoOf(error)}): ${cure}`,
      {
        cause: error,
      },
    );
  }
}

const ELSEWHERE = 'name another directory with TRUSTCAST_DIRECTORY or --directory';
/** Error for a directory that cannot be used until somebody changes it. */
const CURES: Readonly<Partial<Record<Errno, string>>> = {
  EEXIST: `a file is in its place; remove that, or ${ELSEWHERE}`,
  ENOTDIR: `a file is in the place of one of its parents; ${ELSEWHERE}`,
  EACCES: `this user may not make or enter it; run as its owner, or ${ELSEWHERE}`,
  EPERM: `this user may not change it; run as its owner, or ${ELSEWHERE}`,
  ELOOP: `its links lead in a circle; ${ELSEWHERE}`,
  ENAMETOOLONG: `its name is too long; ${ELSEWHERE}`,
};

function madeDirectory(path: string): AgentDirectory {
  const folder = openOwned(path, { make: 0o755 });
  try {
    refuseOthers(folder, path);
    // The directory that was checked, whatever has the name by now.
    const paths = pathsOf(readlinkSync(`/proc/self/fd/${folder.fd}`));
    makeOwn(folder, paths.state, 0o700);
    makeOwn(folder, paths.jvms, 0o1777);
    return paths;
  } finally {
    folder.close();
  }
}

/** The directory of an agent that has run, whose state this user may read. @throws DirectoryError */
export function existingDirectory(path: string): AgentDirectory {
  const { state, jvms } = pathsOf(path);
  try {
    for (const folder of [state, jvms]) {
      if (!lstatSync(folder).isDirectory()) throw notOurs(folder);
      accessSync(folder, constants.R_OK | constants.X_OK);
    }
    return pathsOf(realpathSync(path));
  } catch (error) {
    if (error instanceof DirectoryError) throw error;
    switch (errnoOf(error)) {
      case 'ENOENT': {
        const advice = 'start trustcast-agent run first, or name its directory with TRUSTCAST_DIRECTORY or --directory';
        throw new DirectoryError('DIRECTORY_MISSING', `no agent has run on ${path}: ${advice}`, { cause: error });
      }
      case 'EACCES': {
        const message = `this user may not look into ${state}; run it as ${ownersOf(state)}`;
        throw new DirectoryError('DIRECTORY_NOT_PERMITTED', message, { cause: error });
      }
      default:
        throw error;
    }
  }
}

/** True for root and the owner, who may read private files. */
function ownersOf(path: string): string {
  try {
    const { uid } = lstatSync(path);
    return uid === 0 ? 'root' : `root or uid ${uid}`;
  } catch {
    return 'root or the agent’s user';
  }
}

/** Creates a directory in an open one, or sets its mode. @throws DirectoryError where it belongs to another user */
function makeOwn(parent: Folder, path: string, mode: number): void {
  try {
    mkdirSync(parent.at(basename(path)), mode);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  const folder = openOwnFolder(parent, path);
  try {
    refuseOthers(folder, path);
    // mkdir's mode is cut by the umask and loses the sticky bit.
    if ((fstatSync(folder.fd).mode & 0o7777) !== mode) chmodSync(folder.at('.'), mode);
  } finally {
    folder.close();
  }
}

function openOwnFolder(parent: Folder, path: string): Folder {
  try {
    return openFolder(parent.at(basename(path)));
  } catch (error) {
    if (!isErrno(error, 'ENOTDIR', 'ELOOP')) throw error;
    throw notOurs(path);
  }
}

function refuseOthers({ fd }: Folder, path: string): void {
  if (fstatSync(fd).uid !== process.geteuid?.()) throw notOurs(path);
}

function notOurs(path: string): DirectoryError {
  return new DirectoryError(
    'DIRECTORY_UNSAFE',
    `${path} must be a directory of the user that runs the agent, and no link`,
  );
}

/**
 * Names the part of `path`, the directory itself included, that another user could exchange; null where there is none. Missing
 * parts are no danger.
 */
export function unsafeParent(path: string): string | null {
  try {
    openOwned(path).close();
    return null;
  } catch (error) {
    if (error instanceof DirectoryError) return error.message;
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

function isForeign({ uid }: Stats): boolean {
  return uid !== 0 && uid !== process.geteuid?.();
}

function lstatOrNull(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Number of links that Linux follows. */
const MAX_LINKS = 40;

/** A truststore that is a link must lead, by safe links alone, to a directory that is as safe as ours. */
export function unsafeTruststore(path: string): DirectoryError | null {
  let target = path;
  for (let links = 0; links <= MAX_LINKS; links += 1) {
    const problem = unsafeParent(dirname(target));
    if (problem !== null) return new DirectoryError('DIRECTORY_UNSAFE', problem);
    const stat = lstatOrNull(target);
    if (!stat?.isSymbolicLink()) return null;
    if (isForeign(stat))
      return new DirectoryError(
        'DIRECTORY_UNSAFE',
        `${target} is a link of uid ${stat.uid}, who could lead it elsewhere`,
      );
    target = resolve(dirname(target), readlinkSync(target));
  }
  return new DirectoryError('DIRECTORY_UNSAFE', `${path} is a link that leads nowhere`);
}
