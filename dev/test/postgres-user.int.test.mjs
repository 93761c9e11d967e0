import { chmodSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { postgresPlace } from '../backends/postgres-place.mjs';
import { startPostgres } from '../backends/postgres.mjs';
import { isRunning } from '../backends/processes.mjs';
import { childBackend, stopChildBackends } from './child-backend.mjs';
import { removeScratchFolders, scratchFolder } from './scratch-folder.mjs';

const isRoot = process.geteuid?.() === 0;
const NOBODY = 65534;
const NAMELESS = 54321;

/** @type {(() => Promise<void>)[]} */
const stops = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await stopChildBackends();
});
afterAll(removeScratchFolders);

/** @param {string} url */
async function answers(url) {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('SELECT 1');
  await client.end();
}

/** @param {number} pid */
function uidOf(pid) {
  return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^Uid:\s+(\d+)/m)?.[1]);
}

/**
 * Starts as another user, in a folder that anyone may write to.
 * @param {number} uid
 */
function startAs(uid) {
  const home = scratchFolder();
  chmodSync(home, 0o777);
  const stateDir = join(home, 'postgres');
  return { stateDir, child: childBackend('postgres', { stateDir }, { cwd: '/', ...(isRoot ? { as: uid } : {}) }) };
}

test('an ordinary user runs PostgreSQL as itself', async () => {
  const { stateDir, child } = startAs(NOBODY);
  const { url, pid, message } = await child.answer;
  expect(message).toBeUndefined();
  stops.push(child.stop);
  await answers(url);
  expect(uidOf(pid)).toBe(isRoot ? NOBODY : process.geteuid?.());
  expect(statSync(join(stateDir, 'data')).mode & 0o777).toBe(0o700);
});

if (isRoot) {
  describe('as root', () => {
    test('another user runs PostgreSQL, and again the same user after a restart', async () => {
      const stateDir = scratchFolder();
      const first = await startPostgres({ stateDir });
      stops.push(first.stop);
      const uid = uidOf(first.pid ?? 0);
      expect(uid).toBeGreaterThan(0);
      await first.stop();
      const second = await startPostgres({ stateDir });
      stops.push(second.stop);
      expect(uidOf(second.pid ?? 0)).toBe(uid);
    });

    test('a state folder that others cannot reach keeps its data in /var/lib, and finds it again', async () => {
      const closed = scratchFolder();
      chmodSync(closed, 0o700);
      const stateDir = join(closed, 'postgres');
      /** @type {string[]} */
      const lines = [];
      const first = await startPostgres({ stateDir, log: (line) => lines.push(line) });
      stops.push(first.stop);
      expect(lines).toEqual([
        expect.stringMatching(/is closed to user \w+: PostgreSQL's data is in \/var\/lib\/trustcast-dev\/\w+$/),
      ]);
      await answers(first.url);
      await first.stop();
      // Data stays where it was made.
      chmodSync(closed, 0o755);
      const { place } = await postgresPlace(stateDir, { ephemeral: false, log: () => undefined });
      expect(existsSync(join(place, 'data', 'PG_VERSION'))).toBe(true);
      expect(place).toMatch(/^\/var\/lib\/trustcast-dev\//);
      rmSync(place, { recursive: true });
    });

    test('an ephemeral server says which folder is closed', async () => {
      const closed = scratchFolder();
      chmodSync(closed, 0o700);
      const { exitCode, message } = await childBackend(
        'postgres',
        { ephemeral: true },
        {
          env: { ...process.env, TMPDIR: closed },
        },
      ).answer;
      expect(exitCode).toBe(78);
      expect(message).toMatch(/^User \w+, who runs PostgreSQL for root, cannot enter /);
    });

    test('a user id without an entry in /etc/passwd is told so, with exit code 78', async () => {
      const { child } = startAs(NAMELESS);
      const { exitCode, message } = await child.answer;
      expect(exitCode).toBe(78);
      expect(message).toMatch(/^User id 54321 has no entry in \/etc\/passwd/);
    });

    test("an ordinary user is told that root's data is another user's", async () => {
      const stateDir = scratchFolder();
      const first = await startPostgres({ stateDir });
      await first.stop();
      chmodSync(stateDir, 0o777);
      const { exitCode, message } = await childBackend('postgres', { stateDir }, { as: NOBODY }).answer;
      expect(exitCode).toBe(78);
      expect(message).toMatch(/^\S+\/data belongs to \w+: start Trustcast as the user who started it first/);
      chmodSync(stateDir, 0o755);
      const closed = await childBackend('postgres', { stateDir }, { as: NOBODY }).answer;
      expect(closed).toEqual({
        exitCode: 78,
        message: `cannot write ${stateDir} (EACCES): start Trustcast as the user who owns it.`,
      });
      expect(isRunning(first.pid ?? 0)).toBe(false);
    });
  });
}
