import {
  type Stats,
  accessSync,
  chmodSync,
  constants,
  lstatSync,
  mkdirSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DirectoryError, errnoOf } from '../errors.js';
import { isWrittenByOthers } from '../files/written-by-others.js';

/** Where everything of one agent lies. */
export interface AgentDirectory {
  readonly path: string;
  readonly truststore: string;
  /** The same CAs for programs that are not Java, where it is asked for. */
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
 * Makes the directory and checks that nobody else can exchange what is in it. Nothing is made where somebody can.
 *
 * @throws DirectoryError
 */
export function prepareDirectory(path: string): AgentDirectory {
  try {
    return madeDirectory(path);
  } catch (error) {
    const cure = CURES[errnoOf(error)];
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
/** What a person must change before a directory can be used. */
const CURES: Readonly<Record<string, string | undefined>> = {
  EEXIST: `a file is in its place; remove that, or ${ELSEWHERE}`,
  ENOTDIR: `a file is in the place of one of its parents; ${ELSEWHERE}`,
  EACCES: `this user may not make or enter it; run as its owner, or ${ELSEWHERE}`,
  EPERM: `this user may not change it; run as its owner, or ${ELSEWHERE}`,
  ELOOP: `its links lead in a circle; ${ELSEWHERE}`,
  ENAMETOOLONG: `its name is too long; ${ELSEWHERE}`,
};

function madeDirectory(path: string): AgentDirectory {
  refuse(unsafeParent(path));
  makeFolder(path, 0o755);
  refuse(unsafeParent(path));
  const paths = pathsOf(realpathSync(path));
  ownFolder(paths.path, null);
  ownFolder(paths.state, 0o700);
  ownFolder(paths.jvms, 0o1777);
  return paths;
}

function refuse(problem: string | null): void {
  if (problem !== null) throw new DirectoryError('DIRECTORY_UNSAFE', problem);
}

/** The directory of an agent that has run, whose state this user may read. @throws DirectoryError */
export function existingDirectory(path: string): AgentDirectory {
  const { state, jvms } = pathsOf(path);
  try {
    for (const folder of [state, jvms]) accessSync(folder, constants.R_OK | constants.X_OK);
    return pathsOf(realpathSync(path));
  } catch (error) {
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

/** Who may read what is the owner's alone. */
function ownersOf(path: string): string {
  try {
    const { uid } = lstatSync(path);
    return uid === 0 ? 'root' : `root or uid ${uid}`;
  } catch {
    return 'root or the agent’s user';
  }
}

/** One by one: by itself Node says ENOENT of a read-only file system. */
function makeFolder(path: string, mode: number): void {
  if (lstatOrNull(path)) return;
  makeFolder(dirname(path), mode);
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}

function ownFolder(path: string, mode: number | null): void {
  makeFolder(path, 0o777);
  const { uid } = lstatSync(path);
  if (!lstatSync(path).isDirectory() || uid !== process.geteuid?.())
    throw new DirectoryError('DIRECTORY_UNSAFE', `${path} must be a directory of the user that runs the agent`);
  // mkdir's mode is cut by the umask and loses the sticky bit.
  if (mode !== null && (statSync(path).mode & 0o7777) !== mode) chmodSync(path, mode);
}

/**
 * Says what on the way to `path`, the directory itself included, another user could exchange; null when there is nothing.
 * Who owns a directory may give another one its name, and who owns a link chooses where it leads, whatever the place is like
 * that it leads to now. Each directory is judged before anything in it is followed; what is not there yet is no danger.
 */
export function unsafeParent(path: string): string | null {
  const names = path.split('/').reverse();
  let at = '/';
  let links = 0;
  for (let name = names.pop(); ; name = names.pop()) {
    const isLast = name === undefined || names.length === 0;
    if (name === undefined) return unsafeFolder(at, true);
    const next = resolve(at, name);
    if (next === at) continue;
    const problem = unsafeFolder(at, false);
    if (problem !== null) return problem;
    const stat = lstatOrNull(next);
    if (!stat) return null;
    if (!stat.isSymbolicLink()) {
      at = next;
      if (isLast) return unsafeFolder(at, true);
      continue;
    }
    if (isForeign(stat)) return `${next} is a link of uid ${stat.uid}, who could lead it elsewhere`;
    if ((links += 1) > MAX_LINKS) return `${next} is a link that leads nowhere`;
    const target = readlinkSync(next);
    names.push(...target.split('/').reverse());
    if (target.startsWith('/')) at = '/';
  }
}

/** What Linux follows. */
const MAX_LINKS = 40;

function unsafeFolder(folder: string, isLast: boolean): string | null {
  const stat = statSync(folder);
  const { mode, uid } = stat;
  if (isForeign(stat))
    return `${folder} belongs to uid ${uid}, who could exchange what is in it: give it to root or to the agent’s user`;
  const sticky = (mode & 0o1000) !== 0;
  return isWrittenByOthers(stat) && (!sticky || isLast)
    ? `${folder} is writable by other users, its group, or a list of access control: chmod go-w ${folder}`
    : null;
}

function isForeign({ uid }: Stats): boolean {
  return uid !== 0 && uid !== process.geteuid?.();
}

function lstatOrNull(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

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
