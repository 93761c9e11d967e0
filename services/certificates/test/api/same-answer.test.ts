import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const FUZZ = fileURLToPath(new URL('../query-fuzz/main.js', import.meta.url));

// In a process of its own: graphql-js leaves rejected promises behind, which Jest takes for failures of the test.
test('a query has the answer of graphql-js at its first, second and third run', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [FUZZ, '400', 'bounded']);
  expect(stdout).toMatch(/"data":\d{3},"errors":\d{2,},"both":\d{2,}\}, 0 differences\n$/);
});
