import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loopbackPort, requireLoopbackPort } from './backends/loopback-port.mjs';
import { startNats } from './backends/nats.mjs';
import { portHolder } from './backends/port-holder.mjs';
import { startPostgres } from './backends/postgres.mjs';
import { writePrivateFile } from './backends/private-file.mjs';
import { graphqlClient, succeeded } from './graphql-client.mjs';
import { startProduct } from './product-process.mjs';
import { openFolder } from './setup/state-folder.mjs';

/**
 * @typedef {object} Stack
 * @property {string} url of the service
 * @property {string} token of its administrator
 * @property {import('./graphql-client.mjs').GraphqlClient} graphql
 * @property {import('./backends/nats.mjs').RunningNats} nats
 * @property {import('./backends/postgres.mjs').RunningPostgres} postgres
 * @property {import('./product-process.mjs').ProductProcess} service
 * @property {(port?: number, script?: string) => Promise<import('./product-process.mjs').ProductProcess>} startService one more process of it
 * @property {(options: HostOptions) => Promise<Host>} startHost
 * @property {() => Promise<void>} stop everything that it started, the last first
 *
 * @typedef {object} HostOptions
 * @property {string} name
 * @property {string} [environment] default `apimanager`
 * @property {string} base what the managed certificates are merged with, as TRUSTCAST_BASE
 * @property {string} [attach] selectors, as TRUSTCAST_ATTACH
 * @property {string} [url] of the process of the service that it asks; default: the first one
 *
 * @typedef {object} Host
 * @property {string} directory
 * @property {string} javaAgent the option that connects a JVM from its start
 * @property {import('./product-process.mjs').ProductProcess} process
 */

const run = promisify(execFile);
/** Of the service, where nobody asks for another one. */
const USUAL_PORT = 4000;
/** Beside nats-server's configuration, which includes it. */
const USERS_FILE = 'users.conf';

/**
 * Starts PostgreSQL, nats-server and the service; hosts with their agents on request.
 * @param {object} options
 * @param {string} options.root the repository
 * @param {string} options.state where everything that outlives a run is kept
 * @param {Readonly<import('./setup/environment.mjs').Environment>} options.env
 * @param {Record<string, string>} [options.settings] more of the service
 * @param {number} [options.port] of the service, which is not started on another one; default: 4000, or another one
 *   where that is taken
 * @param {import('./setup/progress.mjs').Progress} options.progress
 * @returns {Promise<Stack>}
 */
export async function startStack({ root, state, env, settings = {}, port, progress }) {
  /** @type {(() => Promise<void>)[]} */
  const started = [];
  let stopping = false;
  const stop = async () => {
    stopping = true;
    for (const end of started.splice(0).reverse()) await end();
  };
  /** @template {{ stop: () => Promise<void> }} T @param {T} part */
  const keep = (part) => {
    started.push(part.stop);
    return part;
  };
  const log = (/** @type {string} */ line) => progress.note(line);
  /**
   * Says it when a part ends that was not stopped.
   * @param {string} name @param {{ pid?: number | undefined, ended?: Promise<void> }} part
   * @param {string} effect @param {string} logFile
   */
  const watch = (name, { pid, ended }, effect, logFile) =>
    void ended?.then(() => {
      if (!stopping)
        log(`${name} (process ${pid}) has ended: ${effect}. Ctrl-C and npm start start it again; log: ${logFile}`);
    });
  try {
    const postgres = await progress.step(
      'PostgreSQL',
      async () => keep(await startPostgres({ stateDir: join(state, 'postgres'), databaseUrl: env.databaseUrl, log })),
      ({ source }) => source,
    );
    const tokenFile = join(state, 'admin-token');
    const natsFolder = join(state, 'nats');
    const login = env.natsUrl === undefined ? natsUsers(natsFolder) : undefined;
    const nats = await progress.step(
      'nats-server',
      async () =>
        keep(
          await startNats({
            stateDir: natsFolder,
            natsUrl: env.natsUrl,
            jetstream: true,
            config: { usersFile: USERS_FILE },
            log,
          }),
        ),
      ({ source }) => source,
    );
    watch('PostgreSQL', postgres, 'the service answers 503 without it', join(state, 'postgres/postgres.log'));
    watch('nats-server', nats, 'changes reach hosts late without it', join(natsFolder, 'nats-server.log'));
    const serviceLog = join(state, 'logs/service.log');
    const built = join(root, 'services/certificates/dist/bundle/main.js');
    const startService = async (at = 0, script = built) =>
      keep(
        await startProduct({
          name: 'The service',
          script,
          args: ['serve'],
          env: {
            DATABASE_URL: postgres.url,
            NATS_URL: nats.url,
            ...(login && {
              NATS_USER: login.user,
              NATS_PASSWORD: login.password,
              TRUSTCAST_NATS_USERS_FILE: join(natsFolder, USERS_FILE),
              TRUSTCAST_NATS_PID_FILE: join(natsFolder, 'nats-server.pid'),
            }),
            ...env.natsSettings,
            ...env.tlsSettings,
            ...settings,
            TRUSTCAST_PORT: String(at),
            TRUSTCAST_SIGNING_KEY_FILE: join(state, 'signing-key.pem'),
            TRUSTCAST_ADMIN_TOKEN_FILE: tokenFile,
          },
          logFile: serviceLog,
        }),
      );
    const service = await progress.step(
      'service',
      async () => {
        if (port !== undefined) {
          await requireLoopbackPort(port);
          return startService(port);
        }
        const free = await loopbackPort(USUAL_PORT);
        if (free !== USUAL_PORT)
          log(`port ${USUAL_PORT} is taken by ${portHolder(USUAL_PORT)}: the service listens on ${free}`);
        return startService(free);
      },
      ({ ready }) => String(ready.url),
    );
    watch('The service', service, 'nothing answers GraphQL', serviceLog);
    const url = String(service.ready.url);
    const token = readFileSync(tokenFile, 'utf8').trim();
    const graphql = graphqlClient({ url, token });
    const startHost = async (/** @type {HostOptions} */ options) => {
      const host = await launchHost({ root, state, url, graphql, ...options });
      keep(host.process);
      const hostLog = join(state, 'logs', `${options.name}.log`);
      watch(`The agent of ${options.name}`, host.process, 'its JVMs keep what they trust now', hostLog);
      return host;
    };
    return { url, token, graphql, nats, postgres, service, startService, startHost, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * @param {HostOptions & { root: string, state: string, url: string, graphql: import('./graphql-client.mjs').GraphqlClient }} options
 * @returns {Promise<Host>}
 */
async function launchHost({ root, state, url, graphql, name, environment = 'apimanager', base, attach }) {
  const home = join(state, 'hosts', name);
  mkdirSync(home, { recursive: true });
  const directory = join(home, environment);
  const jar = join(root, 'agents/jvm/dist/trustcast-jvm.jar');
  const script = join(root, 'agents/host/dist/bundle/main.js');
  const settings = { TRUSTCAST_SERVICE_URL: url, TRUSTCAST_ENVIRONMENT: environment, TRUSTCAST_DIRECTORY: directory };
  await enroll(script, graphql, settings, name);
  const agent = await startProduct({
    name: `The agent of ${name}`,
    script,
    args: ['run'],
    env: {
      ...settings,
      TRUSTCAST_BASE: base,
      TRUSTCAST_JVM_AGENT_JAR: jar,
      ...(attach && { TRUSTCAST_ATTACH: attach }),
    },
    logFile: join(state, 'logs', `${name}.log`),
  });
  return { directory, javaAgent: `-javaagent:${jar}=dir=${directory}`, process: agent };
}

/**
 * Enrolls a host, which makes its key and has no token afterwards. One that is enrolled stays so.
 * @param {string} script of the agent
 * @param {import('./graphql-client.mjs').GraphqlClient} graphql
 * @param {Record<string, string>} settings where it is enrolled
 * @param {string} name
 */
async function enroll(script, graphql, settings, name) {
  if (existsSync(join(settings.TRUSTCAST_DIRECTORY, 'state/enrollment.json'))) return;
  const { createEnrollmentToken } = await graphql(
    `
      mutation ($input: CreateEnrollmentTokenInput!) {
        createEnrollmentToken(input: $input) {
          token
          userErrors {
            code
            message
          }
        }
      }
    `,
    { input: { environment: settings.TRUSTCAST_ENVIRONMENT } },
  );
  const { token } = succeeded(createEnrollmentToken);
  const env = { PATH: process.env.PATH, ...settings, TRUSTCAST_NAME: name, TRUSTCAST_ENROLLMENT_TOKEN: token };
  await run(process.execPath, [script, 'enroll'], { env });
}

/**
 * The service keeps the users of nats-server. Until it has written them nobody may log in: a file without users would let
 * everybody in.
 * @param {string} folder
 */
function natsUsers(folder) {
  openFolder(folder);
  const passwordFile = join(folder, 'service-password');
  if (!existsSync(passwordFile)) writePrivateFile(passwordFile, randomBytes(24).toString('base64url'));
  const login = { user: 'service', password: readFileSync(passwordFile, 'utf8') };
  const file = join(folder, USERS_FILE);
  const nobody = randomBytes(24).toString('base64url');
  if (!existsSync(file)) writePrivateFile(file, `users: [{user: nobody, password: "${nobody}"}]\n`);
  return login;
}
