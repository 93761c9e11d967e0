import { existsSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/**
 * Preloaded into a service (`--import`): as long as the file BLOCK_FILE exists, the thread that answers requests does
 * nothing else than look whether it still does.
 */
const { BLOCK_FILE = '' } = process.env;

if (isMainThread)
  setInterval(() => {
    while (existsSync(BLOCK_FILE));
  }, 10).unref();
