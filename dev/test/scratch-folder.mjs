import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** @type {string[]} */
const made = [];

/** @returns {string} a new folder that other users may enter */
export function scratchFolder() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trustcast-dev-test-')));
  chmodSync(folder, 0o755);
  made.push(folder);
  return folder;
}

export function removeScratchFolders() {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/**
 * @param {() => boolean} holds
 * @param {number} [timeoutMs]
 */
export async function until(holds, timeoutMs = 20_000) {
  const deadline = Date.now() + timeoutMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`still not true: ${holds}`);
    await delay(5);
  }
}
