#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { build } from './setup/build.mjs';
import { installChromium } from './setup/chromium.mjs';
import { findJvms } from './setup/find-jdks.mjs';
import { install } from './setup/install.mjs';
import { preconditions } from './setup/preconditions.mjs';
import { Progress } from './setup/progress.mjs';
import { SetupError } from './setup/setup-error.mjs';

/** `npm test`: needs nothing but Node, a JDK, and Chromium for the tests of the console; every argument goes to Jest. */
const root = fileURLToPath(new URL('..', import.meta.url));
const progress = new Progress();
try {
  await progress.step(
    'preconditions',
    async () => ({ ...(await preconditions()), all: await findJvms() }),
    ({ all }) => `Node ${process.versions.node}, ${all.map(({ version }) => `JDK ${version}`).join(', ')}`,
  );
  await progress
    .step('Chromium', () => installChromium(), String)
    .catch((error) => {
      if (!(error instanceof SetupError)) throw error;
      // Tests of anything else need none; those of the console fail with the same words.
      progress.note(error.message);
    });
  await progress.step('install', () => install({ root }));
  await progress.step('build', () => build({ root }));
  const jest = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(root, 'node_modules/jest/bin/jest.js'),
      ...process.argv.slice(2),
    ],
    { cwd: root, stdio: 'inherit' },
  );
  process.exitCode = await new Promise((resolve) => jest.once('close', (code) => resolve(code ?? 1)));
} catch (error) {
  const known = error instanceof SetupError;
  process.stderr.write(`${known ? error.message : /** @type {Error} */ (error).stack}\n`);
  process.exitCode = known ? error.exitCode : 1;
}
