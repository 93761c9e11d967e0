import { join } from 'node:path';
import { loadEnvironment } from '../setup/environment.mjs';
import { runCommand } from '../setup/run-command.mjs';
import { SetupError } from '../setup/setup-error.mjs';
import { unpackDebianPackage } from './debian-package.mjs';

/** Debian's package puts it where PATH of an ordinary user does not look. */
const SYSTEM_FOLDERS = ['/usr/local/bin', '/usr/local/sbin', '/usr/sbin'];

/**
 * @typedef {object} NatsServerBinary
 * @property {string} file
 * @property {string} version such as 2.9.10
 * @property {'NATS_SERVER_BIN' | 'machine' | 'Debian package'} source
 */

/**
 * Finds nats-server: NATS_SERVER_BIN, PATH, the system's folders, else Debian's package unpacked into the cache.
 * @param {object} options
 * @param {string} options.cacheDir
 * @param {Readonly<import('../setup/environment.mjs').Environment>} [options.env]
 * @param {string[]} [options.systemFolders]
 * @param {(line: string) => void} [options.log]
 * @returns {Promise<NatsServerBinary>}
 * @throws {SetupError} exit code 78, naming the ways to provide one
 */
export async function findNatsServer({ cacheDir, env = loadEnvironment(), systemFolders = SYSTEM_FOLDERS, log }) {
  if (env.natsServerBin) {
    const version = await versionOf(env.natsServerBin);
    if (version) return { file: env.natsServerBin, version, source: 'NATS_SERVER_BIN' };
    throw new SetupError(
      `NATS_SERVER_BIN=${env.natsServerBin} is not a nats-server that runs here: correct it or unset it.`,
    );
  }
  for (const folder of [...env.path, ...systemFolders]) {
    const file = join(folder, 'nats-server');
    const version = await versionOf(file);
    if (version) return { file, version, source: 'machine' };
  }
  const problem = await unpackDebianPackage({ name: 'nats-server', cacheDir, ...(log && { log }) }).then(
    async (folder) => {
      const file = join(folder, 'usr', 'sbin', 'nats-server');
      const version = await versionOf(file);
      return version ? { file, version } : `${file} does not run`;
    },
    (/** @type {Error} */ error) => error.message,
  );
  if (typeof problem !== 'string') return { ...problem, source: 'Debian package' };
  throw new SetupError(
    [
      'nats-server was not found on PATH or in the system folders, and Debian’s package could not be fetched:',
      `  ${problem}`,
      'Do one of these:',
      '  - set NATS_URL to a nats-server that runs (nats://host:4222)',
      '  - set NATS_SERVER_BIN to the executable (one file, from the NATS project’s releases)',
      '  - install it (Debian, Ubuntu: apt install nats-server)',
    ].join('\n'),
  );
}

/** @param {string} file */
async function versionOf(file) {
  const result = await runCommand(file, ['--version']).catch(() => undefined);
  return result?.code === 0 ? result.stdout.match(/v(\d+\.\d+\.\d+\S*)/)?.[1] : undefined;
}
