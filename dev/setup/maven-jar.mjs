import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockFolderWhenFree } from './folder-lock.mjs';
import { lastLines, runCommand } from './run-command.mjs';
import { SetupError } from './setup-error.mjs';
import { stateFolders } from './state-folder.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * A jar of a Maven repository, as tests and checks need it; never part of the product.
 * @typedef {object} MavenJar
 * @property {string} group
 * @property {string} artifact
 * @property {string} version
 * @property {string} [classifier]
 * @property {string} sha256 hex; a jar with another one is refused
 */

/**
 * Path of a jar in the cache. Maven fetches it where it is missing, with the repositories and mirrors of this machine's settings;
 * processes that want one at once wait for each other.
 * @param {MavenJar} jar
 * @param {{ cacheDir?: string }} [options] cacheDir: default .trustcast/cache/jars
 * @returns {Promise<string>}
 * @throws {SetupError} exit code 78 without Maven, 1 when it cannot be fetched or is another one
 */
export async function mavenJar(jar, { cacheDir = join(stateFolders(root).cache, 'jars') } = {}) {
  const name = `${[jar.artifact, jar.version, ...(jar.classifier ? [jar.classifier] : [])].join('-')}.jar`;
  const file = join(cacheDir, name);
  if (existsSync(file) && hasDigest(file, jar)) return file;
  mkdirSync(cacheDir, { recursive: true });
  const lock = await lockFolderWhenFree(cacheDir);
  try {
    if (!existsSync(file) || !hasDigest(file, jar)) await fetchJar(jar, name, cacheDir);
    return file;
  } finally {
    await lock.release();
  }
}

/** @param {MavenJar} jar @param {string} name @param {string} cacheDir */
async function fetchJar(jar, name, cacheDir) {
  const next = mkdtempSync(join(cacheDir, 'next-'));
  const classifier = jar.classifier ? `:jar:${jar.classifier}` : '';
  const coordinates = `${jar.group}:${jar.artifact}:${jar.version}${classifier}`;
  try {
    const args = ['-B', '-q', 'dependency:copy', `-Dartifact=${coordinates}`, `-DoutputDirectory=${next}`];
    // In a folder without a pom.xml, so that Maven reads nothing of the tree.
    const { code, output } = await runCommand('mvn', args, { cwd: next }).catch((cause) => {
      throw new SetupError(
        `mvn is not on the PATH, and ${coordinates} is not in ${cacheDir}. Install Maven 3.8 or later (Debian: maven), ` +
          `or put ${name} there.`,
        { cause },
      );
    });
    if (code !== 0 || !readdirSync(next).includes(name))
      throw new SetupError(`Maven could not fetch ${coordinates}:\n${lastLines(output)}`, { exitCode: 1 });
    if (!hasDigest(join(next, name), jar))
      throw new SetupError(`${coordinates} is not the jar whose SHA-256 is ${jar.sha256}; it is not used.`, {
        exitCode: 1,
      });
    renameSync(join(next, name), join(cacheDir, name));
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
}

/** @param {string} file @param {MavenJar} jar */
function hasDigest(file, { sha256 }) {
  return createHash('sha256').update(readFileSync(file)).digest('hex') === sha256;
}
