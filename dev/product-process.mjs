import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { whenOrphaned } from './backends/orphan-guard.mjs';
import { terminate } from './backends/processes.mjs';
import { lastLines } from './setup/run-command.mjs';
import { SetupError } from './setup/setup-error.mjs';

/**
 * @typedef {object} ProductProcess
 * @property {number} pid
 * @property {Record<string, unknown>} ready the log line that said so
 * @property {Promise<void>} ended
 * @property {() => Promise<void>} stop gently, and for good after ten seconds
 * @property {(signal: NodeJS.Signals) => void} signal
 */

/** What a program of the product may see of this process's environment; the rest is given by name. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TZ', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS'];

/**
 * Starts a program of the product and waits for its log line `"msg":"ready"`. It does not outlive this process.
 * @param {object} options
 * @param {string} options.name for messages
 * @param {string} options.script
 * @param {string[]} [options.args]
 * @param {Record<string, string | undefined>} options.env
 * @param {string} options.logFile everything that it writes is kept here
 * @returns {Promise<ProductProcess>}
 * @throws {SetupError} exit code of the program, with its last lines
 */
export async function startProduct({ name, script, args = [], env, logFile }) {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = createWriteStream(logFile, { flags: 'a' });
  // A full disk must not end what is running: the log has a gap then.
  log.on('error', () => undefined);
  const inherited = Object.fromEntries(INHERITED.map((key) => [key, process.env[key]]));
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C at the terminal reaches this process alone, which ends its children in order.
    detached: true,
  });
  const pid = child.pid;
  if (pid === undefined) throw new SetupError(`${name} could not be started`, { exitCode: 1 });
  const { release } = whenOrphaned('kill -s TERM "$1"', [String(pid)]);
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.pipe(log, { end: false });
    stream.on('data', (text) => (tail = (tail + text).slice(-8_000)));
  }
  /** @type {Promise<void>} */
  const ended = new Promise((resolve) => {
    child.once('close', () => {
      release();
      log.end();
      resolve();
    });
  });
  const ready = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const record = parse(line);
      if (record?.msg === 'ready') resolve(record);
    });
    void ended.then(() =>
      reject(
        new SetupError(`${name} ended before it was ready. Its last lines (all: ${logFile}):\n${lastLines(tail)}`, {
          exitCode: child.exitCode || 1,
        }),
      ),
    );
  });
  return {
    pid,
    ready,
    ended,
    signal: (signal) => void process.kill(pid, signal),
    stop: async () => {
      await terminate([pid], ['SIGTERM', 'SIGKILL']);
      await ended;
    },
  };
}

/** @param {string} line @returns {Record<string, unknown> | undefined} */
function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
