import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT_TEMPORARY, SetupError } from './setup-error.mjs';

/**
 * Makes sure that one process at a time works with a folder.
 *
 * The lock is an abstract socket (unix(7)) named after the folder, not a file: the kernel frees it with the process,
 * however that ends, so there is no stale lock to detect and no race in taking one over. It does not reach into
 * another network namespace, such as a container that mounts the same folder. Only Linux has abstract sockets, and
 * only there are servers started that need the lock.
 * @param {string} folder must exist
 * @returns {Promise<{ release: () => Promise<void> }>}
 * @throws {SetupError} exit code 75, naming the process that holds the folder
 */
export async function lockFolder(folder) {
  if (process.platform !== 'linux') return { release: async () => undefined };
  const path = realpathSync(folder);
  const name = `\0trustcast-${createHash('sha256').update(path).digest('hex')}`;
  const server = createServer((socket) => socket.on('error', () => undefined).end(String(process.pid)));
  /** @type {NodeJS.ErrnoException | undefined} */
  const failure = await new Promise((resolve) => {
    server.once('error', resolve);
    server.listen(name, () => resolve(undefined));
  });
  if (failure?.code === 'EADDRINUSE') {
    throw new SetupError(`${path} is in use by ${await holder(name)}: stop that first.`, { exitCode: EXIT_TEMPORARY });
  }
  if (failure) throw failure;
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

/**
 * The same lock for work that others soon end: waits its turn.
 * @param {string} folder must exist
 * @param {{ patienceMs?: number }} [options]
 * @returns {Promise<{ release: () => Promise<void> }>}
 * @throws {SetupError} exit code 75 when the folder is still held after `patienceMs`
 */
export async function lockFolderWhenFree(folder, { patienceMs = 300_000 } = {}) {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      return await lockFolder(folder);
    } catch (error) {
      const held = error instanceof SetupError && error.exitCode === EXIT_TEMPORARY;
      if (!held || Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

/** @param {string} name @returns {Promise<string>} */
function holder(name) {
  return new Promise((resolve) => {
    const socket = connect(name);
    let pid = '';
    socket.setEncoding('utf8').on('data', (text) => (pid += text));
    // A holder that is busy or suspended does not answer.
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(/^\d+$/.test(pid) ? `process ${pid}` : 'another process'));
  });
}
