import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadEnvironment } from '../setup/environment.mjs';
import { openFolder } from '../setup/state-folder.mjs';
import { holdFolder } from './held-folder.mjs';
import { choosePostgres, findPostgres } from './postgres-binaries.mjs';
import {
  DATABASE_NAME,
  DATABASE_USER,
  createCluster,
  dataMajor,
  endLeftover,
  setPassword,
} from './postgres-cluster.mjs';
import { postgresPlace } from './postgres-place.mjs';
import { SHUTDOWN_SIGNALS, launchPostgres } from './postgres-process.mjs';
import { readJsonFile, writePrivateFile } from './private-file.mjs';
import { terminate } from './processes.mjs';

/**
 * @typedef {object} RunningPostgres
 * @property {string} url holds the password: never log it
 * @property {string} source where it comes from, such as `PostgreSQL 15.13 from /usr/lib/postgresql/15/bin`
 * @property {number | undefined} pid undefined when it was not started here
 * @property {Promise<void>} [ended] resolves when what was started here has ended, for whatever reason
 * @property {() => Promise<void>} stop ends what was started here; may be called again
 */

/**
 * Starts PostgreSQL on a loopback port, or uses `databaseUrl` as it is. Data, password and port are kept in
 * `stateDir` and found again by the next start, which also ends a server that a killed process left behind.
 * @param {object} options
 * @param {string} [options.stateDir] needed unless databaseUrl or ephemeral is given
 * @param {string | undefined} [options.databaseUrl]
 * @param {boolean} [options.ephemeral] for tests: not durable, in a temporary folder that goes with the server, also
 *   when this process is killed
 * @param {(line: string) => void} [options.log]
 * @param {import('./postgres-binaries.mjs').Candidate[]} [options.candidates] the servers to choose from
 * @returns {Promise<RunningPostgres>}
 * @throws {import('../setup/setup-error.mjs').SetupError}
 */
export async function startPostgres({ stateDir, databaseUrl, ephemeral = false, log = () => undefined, candidates }) {
  if (databaseUrl) return { url: databaseUrl, source: 'DATABASE_URL', pid: undefined, stop: async () => undefined };
  const home = ephemeral ? temporaryFolder() : openFolder(required(stateDir));
  const leave = await holdFolder({ folder: home, pidFile: join(home, 'data', 'postmaster.pid'), ephemeral });
  try {
    const { place, data, user } = await postgresPlace(home, { ephemeral, log });
    const { bin, version } = await choosePostgres({
      candidates: candidates ?? (await findPostgres(loadEnvironment().path)),
      dataMajor: dataMajor(data),
      user,
      copies: place,
    });
    const state = readState(home);
    if (await endLeftover(data)) log('ended the PostgreSQL that an earlier run left behind');
    const password = state.password ?? randomBytes(24).toString('base64url');
    writeState(home, { ...state, password });
    if (dataMajor(data) === undefined) await createCluster({ data, bin, user, password, durable: !ephemeral });
    else if (!state.password) await setPassword({ data, bin, user, password });

    const logFile = join(home, 'postgres.log');
    const { pid, port, ended } = await launchPostgres({
      data,
      bin,
      user,
      logFile,
      port: state.port,
      durable: !ephemeral,
    });
    if (state.port && state.port !== port) log(`port ${state.port} is taken: PostgreSQL moved to ${port}`);
    writeState(home, { password, port });
    /** @type {Promise<void> | undefined} */
    let stopped;
    const stop = async () => {
      await terminate([pid], SHUTDOWN_SIGNALS);
      await leave();
    };
    return {
      url: `postgresql://${DATABASE_USER}:${password}@127.0.0.1:${port}/${DATABASE_NAME}`,
      source: `PostgreSQL ${version} from ${bin}`,
      pid,
      ended,
      stop: () => (stopped ??= stop()),
    };
  } catch (error) {
    await leave();
    throw error;
  }
}

function temporaryFolder() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trustcast-postgres-')));
  chmodSync(folder, 0o711);
  return folder;
}

/** @param {string | undefined} stateDir @returns {string} */
function required(stateDir) {
  if (!stateDir) throw new TypeError('stateDir is needed unless databaseUrl or ephemeral is given');
  return stateDir;
}

/** @param {string} home @returns {{ password?: string, port?: number }} */
function readState(home) {
  const { password, port } = readJsonFile(join(home, 'state.json'));
  return {
    ...(typeof password === 'string' && /^[\w-]+$/.test(password) && { password }),
    ...(typeof port === 'number' && { port }),
  };
}

/** @param {string} home @param {{ password: string, port?: number }} state */
function writeState(home, state) {
  writePrivateFile(join(home, 'state.json'), `${JSON.stringify(state)}\n`);
}
