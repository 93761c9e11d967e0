import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadEnvironment } from '@trustcast/dev/setup/environment.mjs';
import { Progress } from '@trustcast/dev/setup/progress.mjs';
import { startStack } from '@trustcast/dev/stack.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs `work` with a stack of its own, which is gone afterwards.
 * @template T
 * @param {(stack: import('@trustcast/dev/stack.mjs').Stack, state: string) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withStack(work) {
  const state = realpathSync(mkdtempSync(join(tmpdir(), 'trustcast-bench-')));
  // PostgreSQL may run as another user.
  chmodSync(state, 0o711);
  try {
    const stack = await startStack({
      root,
      state,
      env: loadEnvironment(),
      // One token asks for all clients of a bench.
      settings: { TRUSTCAST_RATE_LIMIT: '1000000' },
      port: 0,
      progress: new Progress({ write: () => undefined }),
    });
    try {
      return await work(stack, state);
    } finally {
      await stack.stop();
    }
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

/** @param {number[]} list @param {number} quantile */
export function quantileOf(list, quantile) {
  return list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * quantile))];
}
