import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startNats } from './nats.mjs';
import { startPostgres } from './postgres.mjs';

/**
 * What tests talk to: servers that are given, else containers where an engine answers, else the local launchers.
 *
 * @typedef {object} Backend
 * @property {string} url
 * @property {string} source where it comes from
 * @property {() => Promise<void>} stop ends what was started here
 */

/** The images of docker-compose.yml. */
const POSTGRES_IMAGE = 'postgres:17.6-alpine3.22';
const NATS_IMAGE = 'nats:2.11.10-alpine3.22';
const cacheDir = fileURLToPath(new URL('../../.trustcast/cache', import.meta.url));

/**
 * @param {{ url?: string | undefined }} [options] default: TEST_DATABASE_URL
 * @returns {Promise<Backend>} a PostgreSQL whose user may create databases
 */
export async function testPostgres({ url = process.env.TEST_DATABASE_URL } = {}) {
  if (url) return given(url, 'TEST_DATABASE_URL');
  if (!engineMayAnswer()) return startPostgres({ ephemeral: true });
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  return orLocal(
    async () => {
      const container = await new PostgreSqlContainer(POSTGRES_IMAGE).start();
      return {
        url: container.getConnectionUri(),
        source: POSTGRES_IMAGE,
        stop: async () => void (await container.stop()),
      };
    },
    () => startPostgres({ ephemeral: true }),
  );
}

/**
 * @param {{ url?: string | undefined, jetstream?: boolean }} [options] default: TEST_NATS_URL
 * @returns {Promise<Backend>} a nats-server that lets everybody do everything
 */
export async function testNats({ url = process.env.TEST_NATS_URL, jetstream = false } = {}) {
  if (url) return given(url, 'TEST_NATS_URL');
  const local = () => startNats({ ephemeral: true, cacheDir, jetstream });
  if (!engineMayAnswer()) return local();
  const { GenericContainer, Wait } = await import('testcontainers');
  return orLocal(async () => {
    const container = await new GenericContainer(NATS_IMAGE)
      .withCommand(jetstream ? ['--jetstream'] : [])
      .withExposedPorts(4222)
      .withWaitStrategy(Wait.forLogMessage('Server is ready'))
      .start();
    return {
      url: `nats://${container.getHost()}:${container.getMappedPort(4222)}`,
      source: NATS_IMAGE,
      stop: async () => void (await container.stop()),
    };
  }, local);
}

/** @param {string} url @param {string} source @returns {Backend} */
function given(url, source) {
  return { url, source, stop: async () => undefined };
}

/** Asking costs seconds where there is none. */
function engineMayAnswer() {
  return Boolean(process.env.DOCKER_HOST) || existsSync('/var/run/docker.sock');
}

/** @param {() => Promise<Backend>} container @param {() => Promise<Backend>} local @returns {Promise<Backend>} */
async function orLocal(container, local) {
  try {
    return await container();
  } catch (error) {
    process.stderr.write(
      `the container engine did not serve (${/** @type {Error} */ (error).message}); using a local server\n`,
    );
    return local();
  }
}
