import { findJdks } from './find-jdks.mjs';
import { mavenJar } from './maven-jar.mjs';
import { runCommand } from './run-command.mjs';
import { SetupError } from './setup-error.mjs';

/** google-java-format with what it needs; it runs on JDK 17 to 25. */
const FORMATTER = {
  group: 'com.google.googlejavaformat',
  artifact: 'google-java-format',
  version: '1.28.0',
  classifier: 'all-deps',
  sha256: '32342e7c1b4600f80df3471da46aee8012d3e1445d5ea1be1fb71289b07cc735',
};

const MAX_PASSES = 4;
/** It parses with the compiler of the JDK that runs it, whose packages are not exported. */
const EXPORTS = ['api', 'code', 'file', 'parser', 'tree', 'util'].flatMap((name) => [
  '--add-exports',
  `jdk.compiler/com.sun.tools.javac.${name}=ALL-UNNAMED`,
]);

/**
 * Formats Java sources, all of them by one JVM.
 * @param {readonly string[]} paths relative to the root
 * @param {{ root: string, write: boolean }} options write: false only looks
 * @returns {Promise<string[]>} the paths that were, or are, formatted otherwise
 * @throws {SetupError} exit code 78 without a JDK or Maven; 1 where a source cannot be parsed
 */
export async function formatJava(paths, { root, write }) {
  const [jdk] = await findJdks();
  if (!jdk) throw new SetupError('No JDK 17 or later was found. Set JAVA_HOME to one (a JRE has no javac).');
  const options = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', ...EXPORTS, '-jar', await mavenJar(FORMATTER)];
  /** @param {readonly string[]} args */
  const run = (args) => runCommand(`${jdk.home}/bin/java`, [...options, ...args, ...paths], { cwd: root });
  /** @returns {Promise<string[]>} */
  const lookFor = async () => {
    const { code, output, stdout } = await run(['--dry-run']);
    if (code !== 0) throw new SetupError(`google-java-format failed:\n${output}`, { exitCode: 1 });
    return stdout.split('\n').filter((line) => line !== '');
  };
  const different = await lookFor();
  // It breaks a long comment behind code in one pass, and aligns what it has broken in the next.
  for (let left = write ? different : [], pass = 0; left.length > 0 && pass < MAX_PASSES; pass += 1) {
    const { code, output } = await run(['--replace']);
    if (code !== 0) throw new SetupError(`google-java-format failed:\n${output}`, { exitCode: 1 });
    left = await lookFor();
  }
  return different;
}
