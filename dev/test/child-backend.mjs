import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./start-backend.mjs', import.meta.url));

/** @type {Set<() => Promise<void>>} */
const running = new Set();

/** Stops what a failed test left running. */
export async function stopChildBackends() {
  for (const stop of running) await stop();
}

/**
 * Starts a backend in a child process, which becomes another user for it where one is named.
 * @param {'postgres' | 'nats'} kind
 * @param {object} options
 * @param {import('node:child_process').SpawnOptions & { as?: number }} [spawnOptions]
 */
export function childBackend(kind, options, { as, ...spawnOptions } = {}) {
  const user = as === undefined ? [] : [String(as)];
  const child = spawn(process.execPath, [script, kind, JSON.stringify(options), ...user], {
    ...spawnOptions,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit').finally(() => running.delete(stop));
  const lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (child.stdout) });
  /** @type {Promise<{ url: string, pid: number, source: string, exitCode?: number, message?: string }>} */
  const answer = once(lines, 'line').then(([line]) => JSON.parse(line));
  answer.catch(() => undefined);
  const stop = async () => {
    child.stdin?.end();
    await exited;
  };
  running.add(stop);
  return {
    answer,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop,
  };
}
