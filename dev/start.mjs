#!/usr/bin/env node
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { requireLoopbackPort } from './backends/loopback-port.mjs';
import { build } from './setup/build.mjs';
import { loadEnvironment } from './setup/environment.mjs';
import { lockFolder } from './setup/folder-lock.mjs';
import { install } from './setup/install.mjs';
import { preconditions } from './setup/preconditions.mjs';
import { Progress } from './setup/progress.mjs';
import { EXIT_CONFIG, SetupError } from './setup/setup-error.mjs';
import { notWritable, openStateFolder, stateFolders } from './setup/state-folder.mjs';
import { startStack } from './stack.mjs';
import { HOST, story } from './story.mjs';
import { StoryLines } from './story-lines.mjs';

const HELP = `Usage: npm start -- [options]

Installs and builds what is missing, starts PostgreSQL, nats-server, the GraphQL service and a host agent, shows on two
running JVMs how a certificate becomes trusted and refused, and stays up until Ctrl-C.

  --exit          stop everything after the story; exit code 1 when the story could not be told
  --json          JSON lines instead of text
  --port <port>   of the service: that one or none, 0 for any free one; without it 4000, or where that is taken a free one
  --state <dir>   where data, keys and logs are kept; default .trustcast
  --help          this text

DATABASE_URL, NATS_URL and NATS_SERVER_BIN are used where they are set. JAVA_HOME must be a JDK 17 or later where it is
set, and adds it to those on PATH and in /usr/lib/jvm; the story runs on the oldest and on the newest of them all.
Exit codes: 0 done, 1 something failed, 75 another start is running, 78 something is missing on this machine, the port of
--port is taken, or the folder of --state cannot be written.
`;

const root = fileURLToPath(new URL('..', import.meta.url));
const JAR = join(root, 'agents/jvm/dist/trustcast-jvm.jar');

async function main() {
  // Who only wanted the first lines, such as head, has them: everything is stopped in order.
  process.stdout.on('error', () => process.kill(process.pid, 'SIGTERM'));
  const options = readOptions();
  if (options.help) return void process.stdout.write(HELP);
  const progress = new Progress({ json: options.json });
  const tell = new StoryLines({ json: options.json });
  const env = loadEnvironment();
  const stopping = untilSignal();

  const { jdks } = await progress.step(
    'preconditions',
    () => preconditions({ env }),
    (found) => `Node ${process.versions.node}, ${found.jdks.map(({ version }) => `JDK ${version}`).join(', ')}`,
  );
  const state = openStateFolder(resolve(options.state ?? stateFolders(root).root));
  const lock = await lockFolder(state);
  if (options.port !== undefined) await requireLoopbackPort(options.port);
  await progress.step(
    'install',
    () => install({ root, env }),
    ({ ran }) => (ran ? 'npm ci' : 'up to date'),
  );
  await progress.step('build', (at) => build({ root, at }));
  const stack = await startStack({
    root,
    state,
    env,
    progress,
    ...(options.port !== undefined && { port: options.port }),
  });
  /** @type {{ stop: () => Promise<void> } | undefined} */
  let players;
  try {
    let stopped = false;
    const untilStopped = stopping.then(() => void (stopped = true));
    players = await Promise.race([story({ stack, state, jdks, tell }), untilStopped]).catch((error) => {
      // The service is what people came for: it serves on, whatever the story met.
      if (options.exit) throw new SetupError(untold(error), { exitCode: 1 });
      tell.failure(untold(error));
      return undefined;
    });
    if (!options.exit && !stopped) {
      process.stdout.write(options.json ? `${JSON.stringify({ event: 'up', url: stack.url })}\n` : paste(stack, state));
      await stopping;
    }
  } finally {
    await players?.stop();
    await stack.stop();
    await lock.release();
  }
}

/** @returns {{ exit: boolean, json: boolean, help: boolean, port?: number, state?: string }} */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        exit: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        port: { type: 'string' },
        state: { type: 'string' },
      },
    });
    const { port, state, ...rest } = values;
    if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) < 65_536))
      throw new Error('--port takes a number, 0 to 65535');
    return { ...rest, ...(port !== undefined && { port: Number(port) }), ...(state !== undefined && { state }) };
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    // Node explains positional arguments at length, which there are not.
    const given = /'([^']*)'/.exec(message)?.[1];
    const what =
      code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION'
        ? `there is no option ${given}`
        : code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL'
          ? `there is no argument ${given}`
          : message;
    throw new SetupError(`${what}\n\n${HELP}`, { exitCode: EXIT_CONFIG });
  }
}

/** @returns {Promise<void>} resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once */
function untilSignal() {
  return new Promise((resolve) => {
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, () => resolve());
  });
}

/** One sentence of why. @param {unknown} error */
function untold(error) {
  const [why = ''] = String(error instanceof Error ? error.message : error).split('\n');
  return `The story could not be told: ${why.replace(/\.$/, '')}.`;
}

/** @param {import('./stack.mjs').Stack} stack @param {string} state */
function paste({ url, token }, state) {
  const here = (/** @type {string} */ path) => relative(process.cwd(), path) || path;
  const directory = join(state, 'hosts', HOST.name, HOST.environment);
  return `
Trustcast is up. Ctrl-C stops it; data, keys and logs stay in ${here(state)}.

  console  ${url}/console/
  GraphQL  ${url}/graphql
  token    ${token}

  curl -s ${url}/graphql -H 'authorization: Bearer ${token}' -H 'content-type: application/json' \\
    -d '{"query":"{ agents(environment: \\"apimanager\\") { nodes { name state jvms { pid jdkVersion state } } } }"}'

  curl -s ${url}/graphql -H 'authorization: Bearer ${token}' -H 'content-type: application/json' \\
    -d '{"query":"{ environments { name title epoch revision } }"}'

The commands are in node_modules/.bin; in this folder npx runs them:

  export TRUSTCAST_URL=${url} TRUSTCAST_TOKEN_FILE=${join(state, 'admin-token')}
  npx trustcast certificates list
  npx trustcast watch
  npx trustcast-agent jvms --directory ${directory}

A JVM joins the host ${HOST.name} with the JVM agent, which is ${here(JAR)}:

  java -javaagent:${JAR}=dir=${directory} …
`;
}

main().then(
  () => process.exit(0),
  (error) => {
    const known = error instanceof SetupError ? error : notWritable(error);
    process.stderr.write(`${known ? known.message : error.stack}\n`);
    process.exit(known ? known.exitCode : 1);
  },
);
