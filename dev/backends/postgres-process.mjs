import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lastLines } from '../setup/run-command.mjs';
import { SetupError } from '../setup/setup-error.mjs';
import { loopbackPort } from './loopback-port.mjs';
import { isRunning, terminate } from './processes.mjs';
import { runOptions } from './run-user.mjs';

const ATTEMPTS = 3;
/** Recovery after a crash replays the log first. */
const TIMEOUT_MS = 120_000;

/** Fast shutdown, then immediate, then by force; all three keep what was committed. @type {NodeJS.Signals[]} */
export const SHUTDOWN_SIGNALS = ['SIGINT', 'SIGQUIT', 'SIGKILL'];

/**
 * Starts the server and waits until it accepts connections. A start that fails is repeated on another port: the
 * port may have been taken meanwhile, and remains of a killed server may take a moment to go.
 * @param {object} options
 * @param {string} options.data
 * @param {string} options.bin
 * @param {import('./run-user.mjs').RunUser | undefined} options.user
 * @param {string} options.logFile
 * @param {number | undefined} options.port kept when it is free
 * @param {boolean} options.durable
 * @returns {Promise<{ pid: number, port: number, ended: Promise<void> }>}
 */
export async function launchPostgres({ data, bin, user, logFile, port: preferred, durable }) {
  if (existsSync(logFile)) renameSync(logFile, `${logFile}.previous`);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const port = await loopbackPort(attempt === 1 ? preferred : undefined);
    const args = ['-D', data, '-p', String(port), ...settings(durable)];
    const log = openSync(logFile, 'a', 0o600);
    // Its own session: a Ctrl-C at the terminal must not end the database before those who use it.
    const child = spawn(join(bin, 'postgres'), args, {
      ...runOptions(user),
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child.on('error', () => undefined);
    /** @type {Promise<void>} */
    const ended = new Promise((resolve) => child.once('exit', () => resolve()));
    child.unref();
    if (child.pid !== undefined && (await isReady(data, child.pid))) return { pid: child.pid, port, ended };
  }
  throw new SetupError(
    `PostgreSQL does not start. The end of ${logFile}:\n${lastLines(readFileSync(logFile, 'utf8'))}`,
    {
      exitCode: 1,
    },
  );
}

/** @param {boolean} durable */
function settings(durable) {
  const values = { listen_addresses: '127.0.0.1', unix_socket_directories: '' };
  const fast = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  return Object.entries(durable ? values : { ...values, ...fast }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
}

/** @param {string} data @param {number} pid */
async function isReady(data, pid) {
  const deadline = Date.now() + TIMEOUT_MS;
  while (isRunning(pid)) {
    if (statusOf(data, pid) === 'ready') return true;
    if (Date.now() > deadline) await terminate([pid], SHUTDOWN_SIGNALS);
    await delay(10);
  }
  return false;
}

/** The server keeps its pid in the first and its status in the eighth line. @param {string} data @param {number} pid */
function statusOf(data, pid) {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
    return Number(lines[0]) === pid ? lines[7]?.trim() : undefined;
  } catch {
    return undefined;
  }
}
