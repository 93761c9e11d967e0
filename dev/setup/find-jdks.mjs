import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadEnvironment } from './environment.mjs';
import { runCommand } from './run-command.mjs';

/** The oldest that builds Trustcast. */
export const OLDEST_JDK = 17;
/** The oldest that the JVM agent works in. */
const OLDEST_JVM = 11;

/**
 * @typedef {object} Jdk
 * @property {string} home the real path
 * @property {number} major
 * @property {string} version as the JDK writes it, such as 17.0.15
 */

/**
 * Finds every distinct JDK 17 or later, oldest first. A JRE (no javac) does not count.
 * @param {{ env?: Readonly<import('./environment.mjs').Environment>, jvmFolder?: string }} [options]
 * @returns {Promise<Jdk[]>}
 */
export async function findJdks(options) {
  return (await findJvms(options)).filter(({ major, home }) => major >= OLDEST_JDK && has(home, 'javac'));
}

/**
 * Finds every distinct Java 11 or later, a JRE too, oldest first. A home that is reached on several ways counts once.
 * @param {{ env?: Readonly<import('./environment.mjs').Environment>, jvmFolder?: string }} [options]
 * @returns {Promise<Jdk[]>}
 */
export async function findJvms({ env = loadEnvironment(), jvmFolder = '/usr/lib/jvm' } = {}) {
  const homes = new Set(candidates(env, jvmFolder).map(realHome));
  const found = await Promise.all([...homes].map((home) => (home ? describe(home) : undefined)));
  return found
    .filter((jdk) => jdk !== undefined)
    .filter((jdk) => jdk.major >= OLDEST_JVM)
    .sort((a, b) => a.major - b.major || a.home.localeCompare(b.home));
}

/** @param {Readonly<import('./environment.mjs').Environment>} env @param {string} jvmFolder */
function candidates(env, jvmFolder) {
  const installed = existsSync(jvmFolder) ? readdirSync(jvmFolder).map((name) => join(jvmFolder, name)) : [];
  const onPath = env.path.map((folder) => homeOf(join(folder, 'javac')));
  return [env.javaHome, ...env.javaHomes, ...onPath, ...installed];
}

/** @param {string} javac */
function homeOf(javac) {
  return existsSync(javac) ? dirname(dirname(realpathSync(javac))) : undefined;
}

/** @param {string | undefined} home */
function realHome(home) {
  return home && has(home, 'java') ? realpathSync(home) : undefined;
}

/** @param {string} home @param {string} tool */
function has(home, tool) {
  return existsSync(join(home, 'bin', tool));
}

/** @param {string} home @returns {Promise<Jdk | undefined>} */
async function describe(home) {
  const version = releaseVersion(home) ?? (await printedVersion(home));
  // Java 8 calls itself 1.8.0.
  const major = Number(version?.match(/^(?:1\.)?(\d+)/)?.[1]);
  return version && Number.isInteger(major) ? { home, major, version } : undefined;
}

/** @param {string} home */
function releaseVersion(home) {
  try {
    return readFileSync(join(home, 'release'), 'utf8').match(/^JAVA_VERSION="([^"]+)"/m)?.[1];
  } catch {
    return undefined;
  }
}

/** @param {string} home */
async function printedVersion(home) {
  try {
    const { output } = await runCommand(join(home, 'bin', 'java'), ['-version']);
    return output.match(/version "([^"]+)"/)?.[1];
  } catch {
    return undefined;
  }
}
