import { accessSync, chmodSync, constants, lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs';
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

/** Makes the directory and checks that nobody else can exchange what is in it. @throws DirectoryError */
export function prepareDirectory(path: string): AgentDirectory {
  mkdirSync(path, { recursive: true, mode: 0o755 });
  const paths = pathsOf(realpathSync(path));
  const problem = unsafeParent(paths.path);
  if (problem !== null) throw new DirectoryError('DIRECTORY_UNSAFE', problem);
  ownFolder(paths.path, null);
  ownFolder(paths.state, 0o700);
  ownFolder(paths.jvms, 0o1777);
  return paths;
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

/** Says which directory on the way to `path` (a real path) could be exchanged by another user; null when none can. */
export function unsafeParent(path: string): string | null {
  for (let folder = path; ; folder = dirname(folder)) {
    const { mode, uid, gid } = statSync(folder);
    const others = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== 0 && gid !== process.getegid?.());
    const sticky = (mode & 0o1000) !== 0 && (uid === 0 || uid === process.geteuid?.());
    if (others && (!sticky || folder === path)) return `${folder} is writable by other users`;
    if (folder === dirname(folder)) return null;
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
