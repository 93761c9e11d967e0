import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadEnvironment } from './environment.mjs';
import { lastLines, runCommand } from './run-command.mjs';
import { SetupError } from './setup-error.mjs';

/**
 * Runs `npm ci` when node_modules is not what package-lock.json says.
 * @param {{ root: string, env?: Readonly<import('./environment.mjs').Environment> }} options root: the repository
 * @returns {Promise<{ ran: boolean }>}
 * @throws {SetupError} exit code 1, with what npm says
 */
export async function install({ root, env = loadEnvironment() }) {
  if (isInstalled(root)) return { ran: false };
  // NODE_ENV=production would leave out the compiler.
  const args = ['ci', '--include=dev', '--no-progress', '--color=false'];
  const [file, prefix] = env.npmCli ? [process.execPath, [env.npmCli]] : ['npm', []];
  const result = await runCommand(file, [...prefix, ...args], { cwd: root }).catch((error) => {
    throw new SetupError(`npm could not be started: ${error.message}. Install npm and put it on PATH.`, {
      cause: error,
    });
  });
  if (result.code !== 0) {
    const end = result.signal ? `was ended by ${result.signal}` : `failed with exit code ${result.code}`;
    throw new SetupError(`npm ci ${end}:\n${complaint(result.output)}`, { exitCode: 1 });
  }
  return { ran: true };
}

/** npm ends with pages of advice: what went wrong is in the first lines marked as errors. @param {string} output */
function complaint(output) {
  const errors = output.split('\n').filter((line) => /^npm (error|ERR!)/.test(line));
  return lastLines(errors.length > 0 ? errors.slice(0, 20).join('\n') : output, 20);
}

/**
 * npm writes node_modules/.package-lock.json at the end of every installation that succeeded, whoever asked for it;
 * comparing it needs no stamp of our own and no reinstallation after an `npm install` by hand.
 * @param {string} root
 */
export function isInstalled(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  if (!wanted)
    throw new SetupError(`${join(root, 'package-lock.json')} is missing or unreadable: restore it from git.`);
  const present = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (!present) return false;
  delete wanted[''];
  const names = new Set([...Object.keys(wanted), ...Object.keys(present)]);
  return [...names].every((name) => sameOrLeftOut(wanted[name], present[name]));
}

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockedPackage
 * @param {LockedPackage | undefined} wanted
 * @param {LockedPackage | undefined} present
 */
function sameOrLeftOut(wanted, present) {
  if (!wanted) return false;
  // Optional packages of other platforms are left out.
  if (!present) return wanted.optional === true;
  return wanted.version === present.version && wanted.integrity === present.integrity;
}

/** @param {string} file @returns {Record<string, LockedPackage> | undefined} */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
