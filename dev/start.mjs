#!/usr/bin/env node
import { relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from './setup/build.mjs';
import { loadEnvironment } from './setup/environment.mjs';
import { lockFolder } from './setup/folder-lock.mjs';
import { install } from './setup/install.mjs';
import { preconditions } from './setup/preconditions.mjs';
import { Progress } from './setup/progress.mjs';
import { EXIT_CONFIG, SetupError } from './setup/setup-error.mjs';
import { openFolder, stateFolders } from './setup/state-folder.mjs';
import { startStack } from './stack.mjs';
import { story } from './story.mjs';
import { StoryLines } from './story-lines.mjs';

const HELP = `Usage: npm start -- [options]

Installs and builds what is missing, starts PostgreSQL, nats-server, the GraphQL service and a host agent, shows on two
running JVMs how a certificate becomes trusted and refused, and stays up until Ctrl-C.

  --exit          stop everything after the story
  --json          JSON lines instead of text
  --port <port>   of the service; 4000 when free, else any free port
  --state <dir>   where data, keys and logs are kept; default .trustcast
  --help          this text

DATABASE_URL, NATS_URL, NATS_SERVER_BIN and JAVA_HOME are used where they are set.
Exit codes: 0 done, 1 something failed, 75 another start is running, 78 something is missing on this machine.
`;

const root = fileURLToPath(new URL('..', import.meta.url));

async function main() {
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
  const state = openFolder(resolve(options.state ?? stateFolders(root).root));
  const lock = await lockFolder(state);
  await progress.step(
    'install',
    () => install({ root, env }),
    ({ ran }) => (ran ? 'npm ci' : 'up to date'),
  );
  await progress.step('build', () => build({ root }));
  const stack = await startStack({ root, state, env, progress, ...(options.port && { port: options.port }) });
  /** @type {{ stop: () => Promise<void> } | undefined} */
  let players;
  try {
    players = await Promise.race([story({ stack, state, jdks, tell }), stopping.then(() => undefined)]);
    if (!options.exit && players) {
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
    if (port !== undefined && !/^\d{1,5}$/.test(port)) throw new Error('--port takes a number');
    return { ...rest, ...(port !== undefined && { port: Number(port) }), ...(state !== undefined && { state }) };
  } catch (error) {
    throw new SetupError(`${/** @type {Error} */ (error).message}\n\n${HELP}`, { exitCode: EXIT_CONFIG });
  }
}

/** @returns {Promise<void>} resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once */
function untilSignal() {
  return new Promise((resolve) => {
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.once(signal, () => resolve());
  });
}

/** @param {import('./stack.mjs').Stack} stack @param {string} state */
function paste({ url, token }, state) {
  return `
Trustcast is up. Ctrl-C stops it; data, keys and logs stay in ${relative(process.cwd(), state) || state}.

  GraphQL  ${url}/graphql
  token    ${token}

  curl -s ${url}/graphql -H 'authorization: Bearer ${token}' -H 'content-type: application/json' \\
    -d '{"query":"{ agents(environment: \\"apimanager\\") { nodes { name state jvms { pid jdkVersion state } } } }"}'

  curl -s ${url}/graphql -H 'authorization: Bearer ${token}' -H 'content-type: application/json' \\
    -d '{"query":"{ environments { name title epoch revision } }"}'
`;
}

main().then(
  () => process.exit(0),
  (error) => {
    const known = error instanceof SetupError;
    process.stderr.write(`${known ? error.message : error.stack}\n`);
    process.exit(known ? error.exitCode : 1);
  },
);
