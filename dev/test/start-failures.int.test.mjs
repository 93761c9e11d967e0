import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { removeScratchFolders, scratchFolder } from './scratch-folder.mjs';

const START = fileURLToPath(new URL('../start.mjs', import.meta.url));
afterAll(removeScratchFolders);

/** @param {string[]} args @param {Record<string, string>} [env] @returns {Promise<{ code: number | null, err: string }>} */
function start(args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [START, ...args], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
    child.once('close', (code) => resolve({ code, err }));
  });
}

describe('npm start ends with 78 and one sentence', () => {
  test.each(['/proc/nope', '/proc/nope/deeper', '/proc/self/nope'])('where %s can never be made', async (state) => {
    expect(await start(['--state', state])).toEqual({
      code: 78,
      err: `cannot write ${state} (ENOENT): nothing can be made there; name another folder with --state.\n`,
    });
  });

  test.each(['a file', 'a folder in a file'])('where --state names %s', async (what) => {
    const file = join(scratchFolder(), 'file');
    writeFileSync(file, '');
    const state = what === 'a file' ? file : join(file, 'state');
    expect(await start(['--state', state])).toEqual({
      code: 78,
      err: `cannot write ${state} (ENOTDIR): it, or what it is in, is a file; name a folder with --state.\n`,
    });
  });

  test('where somebody else has the port that was asked for, and names who', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const { code, err } = await start(['--state', scratchFolder(), '--port', String(port)]);
    server.close();
    expect({ code, err }).toEqual({
      code: 78,
      err: expect.stringMatching(
        new RegExp(
          `^port ${port} of 127\\.0\\.0\\.1 is taken by process ${process.pid} \\(.+\\): stop that, or name another one with --port\\.\n$`,
        ),
      ),
    });
  });

  test('where JAVA_HOME is no JDK, although there are others', async () => {
    const { code, err } = await start(['--state', scratchFolder()], { JAVA_HOME: '/nope' });
    expect({ code, err }).toEqual({
      code: 78,
      err: expect.stringContaining('JAVA_HOME=/nope is not a JDK 17 or later'),
    });
  });
});

test.each([
  [['--stat', '/x'], 'there is no option --stat\n'],
  [['again'], 'there is no argument again\n'],
])('npm start refuses %j in its own words', async (args, says) => {
  const { code, err } = await start(args);
  expect({ code, err }).toEqual({ code: 78, err: expect.stringMatching(new RegExp(`^${says}\nUsage: npm start`)) });
});

test.each(['65536', '-1', 'http', ''])('npm start refuses --port %j', async (port) => {
  const { code, err } = await start([`--port=${port}`]);
  expect({ code, err }).toEqual({ code: 78, err: expect.stringContaining('--port takes a number, 0 to 65535') });
});
