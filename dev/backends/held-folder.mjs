import { rmSync } from 'node:fs';
import { lockFolder } from '../setup/folder-lock.mjs';
import { guardOrphan } from './orphan-guard.mjs';

/**
 * Keeps a server's folder for this process. An ephemeral one goes with the server, also when this process is killed.
 * @param {{ folder: string, pidFile: string, ephemeral: boolean }} options
 * @returns {Promise<() => Promise<void>>} leaves it
 * @throws {import('../setup/setup-error.mjs').SetupError} when another process holds it
 */
export async function holdFolder({ folder, pidFile, ephemeral }) {
  const guard = ephemeral ? guardOrphan({ folder, pidFile }) : undefined;
  const lock = await lockFolder(folder);
  return async () => {
    if (ephemeral) rmSync(folder, { recursive: true, force: true });
    guard?.release();
    await lock.release();
  };
}
