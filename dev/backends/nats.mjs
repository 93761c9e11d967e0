import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFolder } from '../setup/state-folder.mjs';
import { holdFolder } from './held-folder.mjs';
import { natsConfigText } from './nats-config.mjs';
import { endLeftoverNats, launchNats, reloadNats } from './nats-process.mjs';
import { findNatsServer } from './nats-server-binary.mjs';
import { readJsonFile, writePrivateFile } from './private-file.mjs';
import { terminate } from './processes.mjs';

export { findNatsServer } from './nats-server-binary.mjs';

/**
 * @typedef {object} RunningNats
 * @property {string} url without user and password
 * @property {string} source where it comes from, such as `nats-server 2.9.10 from /usr/sbin/nats-server`
 * @property {string | undefined} binary undefined when it was not started here
 * @property {number | undefined} pid undefined when it was not started here
 * @property {Promise<void>} [ended] resolves when what was started here has ended, for whatever reason
 * @property {(config: import('./nats-config.mjs').NatsConfig) => Promise<void>} reload replaces the users; connections
 *   whose user stays as it was are kept. Rejects for a server that was not started here
 * @property {() => Promise<void>} stop ends what was started here; may be called again
 */

/**
 * Starts nats-server on a loopback port, or uses `natsUrl` as it is. Port and streams are kept in `stateDir` and found
 * again by the next start, which also ends a server that a killed process left behind.
 * @param {object} options
 * @param {string} [options.stateDir] needed unless natsUrl or ephemeral is given
 * @param {string} [options.cacheDir] where an unpacked nats-server is kept; default: `../cache` beside stateDir
 * @param {string | undefined} [options.natsUrl]
 * @param {boolean} [options.ephemeral] for tests: in a temporary folder that goes with the server, also when this
 *   process is killed; needs cacheDir
 * @param {boolean} [options.jetstream] default false
 * @param {import('./nats-config.mjs').NatsConfig} [options.config]
 * @param {(line: string) => void} [options.log]
 * @returns {Promise<RunningNats>}
 * @throws {import('../setup/setup-error.mjs').SetupError}
 */
export async function startNats({
  stateDir,
  natsUrl,
  ephemeral = false,
  jetstream = false,
  config = {},
  log = () => undefined,
  cacheDir = stateDir && join(stateDir, '..', 'cache'),
}) {
  if (natsUrl) return foreignNats(natsUrl);
  if (!cacheDir || (!ephemeral && !stateDir))
    throw new TypeError('stateDir, or ephemeral and cacheDir, are needed without natsUrl');
  const { file, version } = await findNatsServer({ cacheDir, log });
  const home = ephemeral ? realpathSync(mkdtempSync(join(tmpdir(), 'trustcast-nats-'))) : openFolder(stateDir ?? '');
  const pidFile = join(home, 'nats-server.pid');
  const leave = await holdFolder({ folder: home, pidFile, ephemeral });
  try {
    const configFile = join(home, 'nats-server.conf');
    const storeFolder = jetstream ? join(home, 'jetstream') : undefined;
    if (await endLeftoverNats(configFile)) log('ended the nats-server that an earlier run left behind');
    const { port: saved } = readJsonFile(join(home, 'state.json'));
    const preferred = typeof saved === 'number' ? saved : undefined;
    const text = (/** @type {number} */ port, /** @type {string} */ serverName) =>
      natsConfigText({ ...config, port, serverName, pidFile, storeFolder });
    const { pid, port, serverName, ended } = await launchNats({ file, configFile, text, preferred });
    if (preferred && preferred !== port) log(`port ${preferred} is taken: nats-server moved to ${port}`);
    writePrivateFile(join(home, 'state.json'), `${JSON.stringify({ port })}\n`);
    /** @type {Promise<void> | undefined} */
    let stopped;
    const stop = async () => {
      await terminate([pid], ['SIGTERM', 'SIGKILL']);
      await leave();
    };
    return {
      url: `nats://127.0.0.1:${port}`,
      source: `nats-server ${version} from ${file}`,
      binary: file,
      pid,
      ended,
      reload: async (next) =>
        reloadNats({ pid, configFile, text: natsConfigText({ ...next, port, serverName, pidFile, storeFolder }) }),
      stop: () => (stopped ??= stop()),
    };
  } catch (error) {
    await leave();
    throw error;
  }
}

/** @param {string} url @returns {RunningNats} */
function foreignNats(url) {
  return {
    url,
    source: 'NATS_URL',
    binary: undefined,
    pid: undefined,
    reload: () => Promise.reject(new Error('the users of the nats-server at NATS_URL are kept by whoever runs it')),
    stop: async () => undefined,
  };
}
