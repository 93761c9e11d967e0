import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, renameSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lastLines } from '../setup/run-command.mjs';
import { SetupError } from '../setup/setup-error.mjs';
import { loopbackPort } from './loopback-port.mjs';
import { writePrivateFile } from './private-file.mjs';
import { findProcesses, isRunning, terminate } from './processes.mjs';

const ATTEMPTS = 3;
const START_TIMEOUT_MS = 30_000;
const RELOAD_TIMEOUT_MS = 10_000;

/**
 * Starts nats-server and waits until it greets clients; a start that fails is repeated on another port.
 * @param {object} options
 * @param {string} options.file
 * @param {string} options.configFile
 * @param {(port: number, serverName: string) => string} options.text the configuration
 * @param {number | undefined} options.preferred the port to keep when it is free
 * @returns {Promise<{ pid: number, port: number, serverName: string, ended: Promise<void> }>}
 */
export async function launchNats({ file, configFile, text, preferred }) {
  const logFile = logOf(configFile);
  if (existsSync(logFile)) renameSync(logFile, `${logFile}.previous`);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const port = await loopbackPort(attempt === 1 ? preferred : undefined);
    const serverName = `trustcast-${randomBytes(6).toString('hex')}`;
    writePrivateFile(configFile, text(port, serverName));
    const log = openSync(logFile, 'a', 0o600);
    // Its own session: a Ctrl-C at the terminal must not end it before those who use it.
    const child = spawn(file, ['-c', configFile], { cwd: '/', env: {}, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    child.on('error', () => undefined);
    /** @type {Promise<void>} */
    const ended = new Promise((resolve) => child.once('exit', () => resolve()));
    child.unref();
    if (child.pid !== undefined && (await isReady(child.pid, port, serverName)))
      return { pid: child.pid, port, serverName, ended };
  }
  throw new SetupError(
    `nats-server does not start. The end of ${logFile}:\n${lastLines(readFileSync(logFile, 'utf8'))}`,
    {
      exitCode: 1,
    },
  );
}

/**
 * Gives a running server another configuration.
 * @param {{ pid: number, configFile: string, text: string }} options
 */
export async function reloadNats({ pid, configFile, text }) {
  const logFile = logOf(configFile);
  const before = readFileSync(logFile).length;
  writePrivateFile(configFile, text);
  process.kill(pid, 'SIGHUP');
  const deadline = Date.now() + RELOAD_TIMEOUT_MS;
  while (Date.now() < deadline && isRunning(pid)) {
    const news = readFileSync(logFile).subarray(before).toString();
    if (/Reloaded server configuration/.test(news)) return;
    const failure = news.match(/Failed to reload server configuration:.*/);
    if (failure) throw new Error(failure[0]);
    await delay(5);
  }
  throw new Error(`nats-server did not take its new configuration; see ${logFile}`);
}

/**
 * Ends the server that a killed process left behind with this configuration file, and only that.
 * @param {string} configFile
 * @returns {Promise<boolean>} whether there was one
 */
export async function endLeftoverNats(configFile) {
  const pids = findProcesses(({ args }) => args.length === 3 && args[1] === '-c' && args[2] === configFile);
  await terminate(pids, ['SIGTERM', 'SIGKILL']);
  return pids.length > 0;
}

/** @param {string} configFile */
function logOf(configFile) {
  return join(dirname(configFile), 'nats-server.log');
}

/** @param {number} pid @param {number} port @param {string} serverName */
async function isReady(pid, port, serverName) {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (isRunning(pid)) {
    // Another server may have taken the port first: only the greeting tells whose it is.
    if ((await greeting(port)).includes(`"${serverName}"`)) return true;
    if (Date.now() > deadline) await terminate([pid], ['SIGKILL']);
    await delay(5);
  }
  return false;
}

/** @param {number} port @returns {Promise<string>} the INFO line, empty when there is none */
function greeting(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', (part) => {
      text += part;
      if (text.includes('\n')) socket.destroy();
    });
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}
