import { accessSync, constants, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './setup-error.mjs';

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
    // Others may pass through, not list: a server that runs as another user has its files below. Secrets are 0600.
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    accessSync(folder, constants.W_OK | constants.X_OK);
    return realpathSync(folder);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    throw new SetupError(`${folder} cannot be written (${code}): start Trustcast as the user who owns it.`, {
      cause: error,
    });
  }
}
