import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { lastLines, runCommand } from '../setup/run-command.mjs';
import { SetupError } from '../setup/setup-error.mjs';

const SOURCE = fileURLToPath(new URL('ApiManager.java', import.meta.url));
const RELEASE = '17';

/**
 * @typedef {{ status: number, resumed: boolean } | { exception: string, message: string }} CallResult
 *
 * @typedef {object} ApiManager
 * @property {number} pid
 * @property {number} jdk major version
 * @property {() => Promise<CallResult>} call makes one HTTPS call with a TLS handshake of its own
 * @property {() => string} log what it wrote to standard error
 * @property {() => Promise<void>} stop
 */

/**
 * Compiles the sample where that is needed.
 * @param {{ jdk: import('../setup/find-jdks.mjs').Jdk, classes: string }} options classes: the folder for the class file
 */
export async function compileApiManager({ jdk, classes }) {
  const target = join(classes, 'ApiManager.class');
  if (existsSync(target) && statSync(target).mtimeMs > statSync(SOURCE).mtimeMs) return;
  mkdirSync(classes, { recursive: true });
  const args = ['--release', RELEASE, '-Xlint:-options', '-d', classes, SOURCE];
  const { code, output } = await runCommand(join(jdk.home, 'bin', 'javac'), args);
  if (code !== 0)
    throw new SetupError(`The sample API Manager does not compile:\n${lastLines(output)}`, { exitCode: 1 });
}

/**
 * Starts the sample and waits until it runs.
 * @param {object} options
 * @param {import('../setup/find-jdks.mjs').Jdk} options.jdk
 * @param {string} options.classes
 * @param {string} options.url what it calls
 * @param {string[]} [options.javaOptions]
 * @returns {Promise<ApiManager>}
 */
export async function startApiManager({ jdk, classes, url, javaOptions = [] }) {
  const args = [...javaOptions, '-cp', classes, 'ApiManager', url];
  const child = spawn(join(jdk.home, 'bin', 'java'), args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (log += text));
  child.stdin.on('error', () => undefined);
  /** @type {((line: string | undefined) => void)[]} */
  const waiting = [];
  let ended = false;
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => waiting.shift()?.(line));
  const closed = new Promise((resolve) => child.once('close', resolve));
  void closed.then(() => {
    ended = true;
    for (const resolve of waiting.splice(0)) resolve(undefined);
  });
  const nextLine = async () => {
    const line = ended
      ? undefined
      : await new Promise((/** @type {(line: string | undefined) => void} */ resolve) => waiting.push(resolve));
    if (line === undefined) throw new SetupError(`The sample API Manager ended:\n${lastLines(log)}`, { exitCode: 1 });
    return JSON.parse(line);
  };
  const { pid, jdk: major } = await nextLine();
  return {
    pid,
    jdk: major,
    call: () => {
      child.stdin.write('\n');
      return nextLine();
    },
    log: () => log,
    stop: async () => {
      child.stdin.end();
      child.kill();
      await closed;
    },
  };
}
