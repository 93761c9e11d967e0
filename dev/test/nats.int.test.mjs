import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { findNatsServer, startNats } from '../backends/nats.mjs';
import { isRunning } from '../backends/processes.mjs';
import { stateFolders } from '../setup/state-folder.mjs';
import { childBackend, stopChildBackends } from './child-backend.mjs';
import { removeScratchFolders, scratchFolder, until } from './scratch-folder.mjs';

const cacheDir = stateFolders(join(import.meta.dirname, '../..')).cache;
const service = { user: 'service', password: 'right', publish: ['>'], subscribe: ['>'] };
const agent = { user: 'agent', password: 'right-too', publish: ['status.1'], subscribe: [] };

/** @type {(() => Promise<unknown>)[]} */
const stops = [];

/** @param {Parameters<typeof startNats>[0]} options */
async function start(options) {
  const nats = await startNats({ cacheDir, ...options });
  stops.unshift(nats.stop);
  return nats;
}

/** @param {string} servers @param {{ user: string, password: string }} [as] */
async function client(servers, as) {
  const connection = await connect({ servers, reconnect: false, ...(as && { user: as.user, pass: as.password }) });
  stops.unshift(() => connection.close());
  return connection;
}

beforeAll(() => findNatsServer({ cacheDir }));
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await stopChildBackends();
});
afterAll(removeScratchFolders);

describe('users', () => {
  test('a wrong password and no password are refused', async () => {
    const { url } = await start({ ephemeral: true, config: { users: [service] } });
    await client(url, service);
    await expect(client(url, { ...service, password: 'wrong' })).rejects.toThrow(/authorization violation/i);
    await expect(client(url)).rejects.toThrow(/authorization violation/i);
  });

  test('a user does what its lists name and nothing else, also when a list is empty', async () => {
    const { url } = await start({ ephemeral: true, config: { users: [service, agent] } });
    const watcher = await client(url, service);
    /** @type {string[]} */
    const seen = [];
    watcher.subscribe('>', { callback: (_error, message) => void seen.push(message.subject) });
    await watcher.flush();
    const connection = await client(url, agent);
    const refused = new Promise((resolve) => connection.subscribe('status.1', { callback: resolve }));
    expect(String(await refused)).toMatch(/permissions violation for subscription/i);
    for (const subject of ['status.2', 'status.1']) connection.publish(subject);
    await connection.flush();
    await until(() => seen.length > 0);
    expect(seen).toEqual(['status.1']);
  });

  test('reload adds a user, and connections stay', async () => {
    const { url, reload } = await start({ ephemeral: true, config: { users: [service] } });
    const connection = await client(url, service);
    await expect(client(url, agent)).rejects.toThrow(/authorization violation/i);
    await reload({ users: [service, agent] });
    await client(url, agent);
    await connection.flush();
    expect(connection.isClosed()).toBe(false);
  });

  test('reload says why a configuration was not taken', async () => {
    const { reload } = await start({ ephemeral: true, config: { users: [service] } });
    await expect(reload({ users: [{ ...agent, publish: ['a..b'] }] })).rejects.toThrow(
      /"a\.\.b" is not a valid subject/,
    );
    await expect(reload({ users: [{ ...agent, password: 'a"b' }] })).rejects.toThrow(TypeError);
  });
});

describe('nats-server of the state folder', () => {
  test('a restart keeps port and streams; secrets are only for the owner', async () => {
    const stateDir = scratchFolder();
    const first = await start({ stateDir, jetstream: true });
    const before = await client(first.url);
    await (await jetstreamManager(before)).streams.add({ name: 'KEPT', subjects: ['kept'] });
    await jetstream(before).publish('kept');
    await before.close();
    await first.stop();
    expect(isRunning(first.pid ?? 0)).toBe(false);
    expect(statSync(join(stateDir, 'nats-server.conf')).mode & 0o777).toBe(0o600);
    const second = await start({ stateDir, jetstream: true });
    expect(second.url).toBe(first.url);
    const manager = await jetstreamManager(await client(second.url));
    expect((await manager.streams.info('KEPT')).state.messages).toBe(1);
  });

  test('after kill -9 of the starter, the next start ends the old server', async () => {
    const stateDir = scratchFolder();
    const child = childBackend('nats', { stateDir, cacheDir });
    const old = await child.answer;
    await child.kill();
    expect(isRunning(old.pid)).toBe(true);
    /** @type {string[]} */
    const lines = [];
    const next = await start({ stateDir, log: (line) => lines.push(line) });
    expect(isRunning(old.pid)).toBe(false);
    expect(next.url).toBe(old.url);
    expect(lines).toEqual(['ended the nats-server that an earlier run left behind']);
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
      await client(second.url);
      expect(lines).toEqual([`port ${port} is taken: nats-server moved to ${new URL(second.url).port}`]);
    } finally {
      thief.close();
    }
  });

  test('a second start at the same time is refused with exit code 75', async () => {
    const stateDir = scratchFolder();
    await start({ stateDir });
    expect(await childBackend('nats', { stateDir, cacheDir }).answer).toEqual({
      exitCode: 75,
      message: `${stateDir} is in use by process ${process.pid}: stop that first.`,
    });
  });

  test('a server that does not start shows the end of its log', async () => {
    const config = { users: [{ ...agent, publish: ['a..b'] }] };
    await expect(start({ stateDir: scratchFolder(), config })).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(/nats-server does not start.*not a valid subject/s),
    });
  });

  test('NATS_URL is used as it is', async () => {
    const nats = await start({ natsUrl: 'nats://nats.example:4222' });
    expect(nats).toMatchObject({
      url: 'nats://nats.example:4222',
      source: 'NATS_URL',
      pid: undefined,
      binary: undefined,
    });
    await expect(nats.reload({})).rejects.toThrow(/NATS_URL/);
  });
});

describe('an ephemeral nats-server', () => {
  test('ends and leaves no folder behind when its starter is killed', async () => {
    const child = childBackend('nats', { ephemeral: true, cacheDir });
    const { pid } = await child.answer;
    const config = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[2] ?? '';
    expect(existsSync(config)).toBe(true);
    await child.kill();
    await until(() => !isRunning(pid) && !existsSync(join(config, '..')));
  });
});
