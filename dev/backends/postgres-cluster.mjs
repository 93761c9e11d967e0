import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { lastLines, runCommand } from '../setup/run-command.mjs';
import { SetupError } from '../setup/setup-error.mjs';
import { SHUTDOWN_SIGNALS } from './postgres-process.mjs';
import { findProcesses, terminate } from './processes.mjs';
import { requireUserName, runOptions } from './run-user.mjs';

/** The superuser and the database that every cluster has. */
export const DATABASE_USER = 'trustcast';
export const DATABASE_NAME = 'trustcast';

/**
 * @param {string} data
 * @returns {number | undefined} the PostgreSQL version that made the data, undefined when there is none
 */
export function dataMajor(data) {
  const file = join(data, 'PG_VERSION');
  if (existsSync(file)) return Number.parseInt(readFileSync(file, 'utf8'), 10);
  if (!existsSync(data)) return undefined;
  throw new SetupError(
    `${data} exists but holds no PostgreSQL data: move it away; Trustcast deletes nothing it did not make.`,
  );
}

/**
 * Makes the data folder. It is made beside its place and moved there when it is complete, so that an interruption
 * leaves nothing half-made.
 * @param {{ data: string, bin: string, user: import('./run-user.mjs').RunUser | undefined, password: string,
 *   durable: boolean }} options
 */
export async function createCluster({ data, bin, user, password, durable }) {
  requireUserName(user);
  const next = `${data}.next`;
  await endInterrupted(next);
  rmSync(next, { recursive: true, force: true });
  mkdirSync(next, { mode: 0o700 });
  if (user) chownSync(next, user.uid, user.gid);
  // `reject` asks for no password at this point; our own rules replace what initdb writes.
  const args = [
    '-D',
    next,
    '-U',
    DATABASE_USER,
    '-E',
    'UTF8',
    '--no-locale',
    '-A',
    'reject',
    ...(durable ? [] : ['--no-sync']),
  ];
  const result = await runCommand(join(bin, 'initdb'), args, runOptions(user));
  if (result.code !== 0) throw new SetupError(`initdb failed:\n${lastLines(result.output)}`);
  const rules = 'host all all 127.0.0.1/32 scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n';
  writeFileSync(join(next, 'pg_hba.conf'), rules);
  await setPassword({ data: next, bin, user, password });
  await runSql({ data: next, bin, user, sql: `CREATE DATABASE ${DATABASE_NAME}` });
  renameSync(next, data);
}

/** initdb of a killed process goes on, and would write into the folder made in its place. @param {string} next */
async function endInterrupted(next) {
  const writers = () =>
    findProcesses(
      ({ name, cwd, args }) => ['initdb', 'postgres'].includes(name) && (cwd === next || args.includes(next)),
    );
  for (let pids = writers(); pids.length > 0; pids = writers()) await terminate(pids, ['SIGKILL']);
}

/** @param {{ data: string, bin: string, user: import('./run-user.mjs').RunUser | undefined, password: string }} options */
export async function setPassword({ password, ...cluster }) {
  await runSql({ ...cluster, sql: `ALTER ROLE ${DATABASE_USER} PASSWORD '${password}'` });
}

/**
 * Runs one statement without a server.
 * @param {{ data: string, bin: string, user: import('./run-user.mjs').RunUser | undefined, sql: string }} options
 */
async function runSql({ data, bin, user, sql }) {
  const args = ['--single', '-D', data, '-c', 'exit_on_error=on', '-c', 'log_min_error_statement=panic', 'postgres'];
  const result = await runCommand(join(bin, 'postgres'), args, { ...runOptions(user), input: `${sql}\n` });
  if (result.code !== 0) throw new SetupError(`PostgreSQL could not set up ${data}:\n${lastLines(result.output)}`);
}

/**
 * Ends the server that a killed process left behind on this data, and only that: PostgreSQL's processes work in
 * their data folder, which tells them from a process that was given the same pid later.
 * @param {string} data
 * @returns {Promise<boolean>} whether there was one
 */
export async function endLeftover(data) {
  if (!existsSync(data)) return false;
  const folder = realpathSync(data);
  const workers = () => findProcesses(({ name, cwd }) => name === 'postgres' && cwd === folder);
  const pidFile = join(data, 'postmaster.pid');
  const recorded = existsSync(pidFile) ? Number.parseInt(readFileSync(pidFile, 'utf8'), 10) : undefined;
  const found = workers();
  await terminate(
    found.filter((pid) => pid === recorded),
    SHUTDOWN_SIGNALS,
  );
  // Without their server its other processes end by themselves; until then they still hold the data.
  await terminate(workers(), ['SIGTERM', 'SIGQUIT', 'SIGKILL']);
  // PostgreSQL takes any process of its user that has the recorded pid for a server, and would not start.
  if (findProcesses(({ pid, name }) => pid === recorded && name === 'postgres').length === 0)
    rmSync(pidFile, { force: true });
  return found.length > 0;
}
