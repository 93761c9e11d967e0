import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const TEXTS = fileURLToPath(new URL('../query-fuzz/distinct-texts.js', import.meta.url));

test('3,000 distinct texts, each asked twice, fit into a heap of 128 MB', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--max-old-space-size=128', TEXTS, '3000']);
  expect(stdout).toBe('6000 answered\n');
});
