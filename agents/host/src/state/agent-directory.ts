import {
  type Stats,
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DirectoryError, errnoOf } from '../errors.js';

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
  const above = existingAncestor(path);
  if (above !== path) refuse(unsafeParent(join(realpathSync(above), 'agent')));
  mkdirSync(path, { recursive: true, mode: 0o755 });
  const paths = pathsOf(realpathSync(path));
  refuse(unsafeParent(paths.path));
  ownFolder(paths.path, null);
  ownFolder(paths.state, 0o700);
  ownFolder(paths.jvms, 0o1777);
  return paths;
}

function existingAncestor(path: string): string {
  for (let at = path; ; at = dirname(at)) if (existsSync(at) || at === dirname(at)) return at;
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

function ownFolder(path: string, mode: number | null): void {
  mkdirSync(path, { recursive: true });
  const { uid } = lstatSync(path);
  if (!lstatSync(path).isDirectory() || uid !== process.geteuid?.())
    throw new DirectoryError('DIRECTORY_UNSAFE', `${path} must be a directory of the user that runs the agent`);
  // mkdir's mode is cut by the umask and loses the sticky bit.
  if (mode !== null && (statSync(path).mode & 0o7777) !== mode) chmodSync(path, mode);
}

/**
 * Says which directory on the way to `path` (a real path), itself included, could be exchanged by another user; null when
 * none can. Who owns a directory may give another one its name, whatever its mode says.
 */
export function unsafeParent(path: string): string | null {
  for (let folder = path; ; folder = dirname(folder)) {
    const stat = statOrNull(folder);
    if (stat) {
      const { mode, uid, gid } = stat;
      if (uid !== 0 && uid !== process.geteuid?.())
        return `${folder} belongs to uid ${uid}, who could exchange what is in it: give it to root or to the agent’s user`;
      const others = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== 0 && gid !== process.getegid?.());
      const sticky = (mode & 0o1000) !== 0;
      if (others && (!sticky || folder === path)) return `${folder} is writable by other users`;
    }
    if (folder === dirname(folder)) return null;
  }
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** A truststore that is a link must lead to a directory that is as safe as ours. */
export function unsafeTruststore(path: string): DirectoryError | null {
  let target: string;
  try {
    target = realpathSync(path);
  } catch {
    return null;
  }
  const problem = unsafeParent(dirname(target));
  return problem === null ? null : new DirectoryError('DIRECTORY_UNSAFE', problem);
}
