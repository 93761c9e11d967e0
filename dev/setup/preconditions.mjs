import { existsSync, realpathSync } from 'node:fs';
import { loadEnvironment } from './environment.mjs';
import { OLDEST_JDK, findJdks } from './find-jdks.mjs';
import { SetupError } from './setup-error.mjs';

const OLDEST_NODE = [20, 19];

/**
 * @typedef {object} Platform
 * @property {string} os
 * @property {string} arch
 * @property {string | undefined} glibc version, undefined with another C library
 * @property {string} node version without the leading v
 */

/**
 * Checks what `npm start` needs before anything is installed.
 * @param {object} [options]
 * @param {Readonly<import('./environment.mjs').Environment>} [options.env]
 * @param {Platform} [options.platform]
 * @param {() => Promise<import('./find-jdks.mjs').Jdk[]>} [options.jdks]
 * @returns {Promise<{ jdks: import('./find-jdks.mjs').Jdk[] }>}
 * @throws {SetupError} exit code 78; one message that names everything missing and what to do about it
 */
export async function preconditions({
  env = loadEnvironment(),
  platform = thisPlatform(),
  jdks: find = () => findJdks({ env }),
} = {}) {
  const jdks = await find();
  const problems = [nodeProblem(platform), platformProblem(platform, env), jdkProblem(jdks, env)].filter(Boolean);
  if (problems.length > 0) {
    throw new SetupError(
      ['Trustcast cannot start on this machine:', ...problems.map((text) => `  - ${text}`)].join('\n'),
    );
  }
  return { jdks };
}

/** @returns {Platform} */
export function thisPlatform() {
  return {
    os: process.platform,
    arch: process.arch,
    glibc: process.platform === 'linux' ? glibcVersion() : undefined,
    node: process.versions.node,
  };
}

function glibcVersion() {
  // Without this the report resolves the names of all network peers, which can take seconds.
  /** @type {{ excludeNetwork?: boolean }} */ (process.report).excludeNetwork = true;
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return report.header.glibcVersionRuntime;
}

/** @param {Platform} platform */
function nodeProblem({ node }) {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  return `Node ${node} is too old: install Node ${OLDEST_NODE.join('.')} or later.`;
}

/** @param {Platform} platform @param {Readonly<import('./environment.mjs').Environment>} env */
function platformProblem({ os, arch, glibc }, env) {
  if (os === 'linux' && glibc && (arch === 'x64' || arch === 'arm64')) return undefined;
  const missing = [
    env.databaseUrl ? undefined : 'DATABASE_URL to a PostgreSQL (postgresql://user:password@host:5432/database)',
    env.natsUrl ? undefined : 'NATS_URL to a nats-server (nats://host:4222)',
  ].filter(Boolean);
  if (missing.length === 0) return undefined;
  const name = os === 'linux' && !glibc ? `linux ${arch} without glibc` : `${os} ${arch}`;
  return `PostgreSQL and nats-server are started on glibc Linux x64 and arm64 only, this is ${name}: set ${missing.join(' and ')}.`;
}

/** @param {import('./find-jdks.mjs').Jdk[]} jdks @param {Readonly<import('./environment.mjs').Environment>} env */
function jdkProblem(jdks, env) {
  if (jdks.length > 0) {
    const { javaHome } = env;
    const real = javaHome && existsSync(javaHome) ? realpathSync(javaHome) : undefined;
    if (javaHome === undefined || jdks.some(({ home }) => home === real)) return undefined;
    return (
      `JAVA_HOME=${javaHome} is not a JDK ${OLDEST_JDK} or later (a JRE without javac is not enough): correct it, or ` +
      `unset it to use ${jdks.map(({ home }) => home).join(', ')}.`
    );
  }
  const javaHome = env.javaHome ? ` JAVA_HOME=${env.javaHome} is not one.` : '';
  return (
    `No JDK ${OLDEST_JDK} or later found (a JRE without javac is not enough).${javaHome} ` +
    `Install one (Debian: apt install openjdk-17-jdk-headless), put it on PATH or in /usr/lib/jvm, or set JAVA_HOME.`
  );
}
