import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { loadEnvironment } from './environment.mjs';
import { lastLines, runCommand } from './run-command.mjs';
import { SetupError } from './setup-error.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const WHAT_TO_DO = 'install it (Debian: apt install chromium) and put it on PATH';

/**
 * The browser in which the console is tested.
 * @param {Readonly<import('./environment.mjs').Environment>} [env]
 * @throws {SetupError} it is not installed; with what to do
 */
export function findChromium(env = loadEnvironment()) {
  const found = candidates(env, NAMES);
  if (found === undefined)
    throw new SetupError(`The tests of the console need Chromium, which is not on PATH: ${WHAT_TO_DO}.`);
  return found;
}

/**
 * Installs Chromium where it is missing and this machine's package manager allows it.
 * @param {Readonly<import('./environment.mjs').Environment>} [env]
 * @returns {Promise<string>} its path
 * @throws {SetupError} it is missing and cannot be installed; with what to do
 */
export async function installChromium(env = loadEnvironment()) {
  const apt = candidates(env, ['apt-get']);
  if (candidates(env, NAMES) === undefined && apt !== undefined && getuid?.() === 0) {
    const options = { env: { PATH: env.path.join(':'), DEBIAN_FRONTEND: 'noninteractive' } };
    const install = () => runCommand(apt, ['install', '-y', '--no-install-recommends', 'chromium'], options);
    let result = await install();
    if (result.code !== 0) {
      // The lists of packages may be missing or old.
      await runCommand(apt, ['update'], options);
      result = await install();
    }
    if (result.code !== 0)
      throw new SetupError(`apt-get cannot install Chromium: ${WHAT_TO_DO}.\n${lastLines(result.output, 5)}`);
  }
  return findChromium(env);
}

/** @param {Readonly<import('./environment.mjs').Environment>} env @param {string[]} names */
function candidates({ path }, names) {
  return names.flatMap((name) => path.map((folder) => join(folder, name))).find((file) => existsSync(file));
}
