import { accessSync, constants, existsSync, mkdirSync, realpathSync, statSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SetupError } from './setup-error.mjs';

/** PostgreSQL alone writes about as much when it makes its cluster. */
const ROOM_BYTES = 64 * 1024 * 1024;

/** What a person can do about a folder or file that cannot be written, by the errno. */
const CURES = /** @type {Readonly<Record<string, string>>} */ ({
  EACCES: 'start Trustcast as the user who owns it',
  EPERM: 'start Trustcast as the user who owns it',
  EEXIST: 'it is a file; name a folder with --state',
  ENOTDIR: 'it, or what it is in, is a file; name a folder with --state',
  ENOENT: 'nothing can be made there; name another folder with --state',
  ELOOP: 'its links lead in a circle; name another folder with --state',
  ENAMETOOLONG: 'its name is too long; name another folder with --state',
  EROFS: 'its file system is read-only; name another folder with --state',
  ENOSPC: 'its file system is full; free some space, or name another folder with --state',
  EDQUOT: 'its quota is used up; free some space, or name another folder with --state',
});

/**
 * @param {string} root the repository
 * @returns {{ root: string, postgres: string, nats: string, cache: string }} where everything that outlives a run is kept
 */
export function stateFolders(root) {
  const state = join(root, '.trustcast');
  return { root: state, postgres: join(state, 'postgres'), nats: join(state, 'nats'), cache: join(state, 'cache') };
}

/**
 * Makes a folder where it is missing.
 * @param {string} folder
 * @returns {string} its real path
 * @throws {SetupError} exit code 78 when this user cannot write to it
 */
export function openFolder(folder) {
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
    return realpathSync(folder);
  } catch (error) {
    throw notWritable(error, folder) ?? error;
  }
}

/**
 * Opens the folder of a run and makes sure that there is room for what a run writes.
 * @param {string} folder
 * @returns {string} its real path
 * @throws {SetupError} exit code 78
 */
export function openStateFolder(folder) {
  const path = openFolder(folder);
  const { blocks, bavail, bsize } = statfsSync(path);
  if (blocks > 0 && bavail * bsize < ROOM_BYTES)
    throw new SetupError(`cannot write ${path} (ENOSPC): ${CURES.ENOSPC}.`);
  return path;
}

/**
 * Explains a failure of the file system.
 * @param {unknown} error
 * @param {string} [path] default: the one that the error names
 * @returns {SetupError | undefined} undefined when it is something else
 */
export function notWritable(error, path) {
  const { code = '', path: named } = /** @type {NodeJS.ErrnoException} */ (error);
  const cure = CURES[code];
  const where = path ?? named ?? (code === 'ENOSPC' || code === 'EDQUOT' ? 'a file' : undefined);
  return cure && where ? new SetupError(`cannot write ${where} (${code}): ${cure}.`, { cause: error }) : undefined;
}

/**
 * Makes one folder after the other: Node's recursive mkdir tries forever where the kernel lets nobody make any, as in
 * /proc. Others may pass through, not list: a server that runs as another user has its files below. Secrets are 0600.
 * @param {string} folder
 */
function makeFolder(folder) {
  if (!existsSync(folder)) {
    makeFolder(dirname(folder));
    try {
      mkdirSync(folder, { mode: 0o711 });
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
  }
  if (!statSync(folder).isDirectory()) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR' });
}
