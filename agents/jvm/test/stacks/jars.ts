import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { testClasses } from '../java-process.js';
import { jdkTool } from '../jdks.js';

/** Ends the program with one of the exit codes of `npm run test:stacks`. */
export function fail(code: number, message: string): never {
  process.stderr.write(`test:stacks: ${message}\n`);
  process.exit(code);
}

/** In a folder that may be thrown away: some goals leave files where they run. */
function maven(cwd: string, goal: readonly string[]): void {
  const { error, status, stdout } = spawnSync('mvn', ['-B', '-q', ...goal], { encoding: 'utf8', cwd });
  if (error) fail(78, 'mvn is not on the PATH: install Maven 3.8 or later (Debian: maven)');
  if (status !== 0) fail(69, `Maven could not resolve the stacks; it needs Maven Central or a mirror:\n${stdout}`);
}

/** Resolves what the folder's pom.xml names with Maven, which keeps it in its own repository. */
export function resolveJars(folder: string, out: string): string[] {
  mkdirSync(out, { recursive: true });
  const list = join(out, 'classpath');
  maven(out, ['-f', join(folder, 'pom.xml'), 'dependency:build-classpath', `-Dmdep.outputFile=${list}`]);
  return readFileSync(list, 'utf8').trim().split(':');
}

/** Unpacks one archive of Maven's repository. */
export function unpack(artifact: string, out: string): void {
  maven(out, ['dependency:unpack', `-Dartifact=${artifact}`, `-DoutputDirectory=${out}`, '-Dmdep.useBaseVersion=true']);
}

/** Compiles the folder's sources; answers the class path. */
export function compile(folder: string, jars: readonly string[], out: string): string {
  const sources = join(folder, 'src/io/trustcast/jvm/test');
  const files = readdirSync(sources).map((name) => join(sources, name));
  const path = [testClasses, ...jars].join(':');
  const options = ['--release', '17', '-proc:none', '-nowarn', '-d', join(out, 'classes'), '-cp', path];
  execFileSync(jdkTool('javac'), [...options, ...files], { stdio: 'inherit' });
  return [join(out, 'classes'), join(folder, 'src'), path].join(':');
}

/** The version that the name of a jar bears. */
export function versionOf(jar: string, jars: readonly string[]): string {
  const name = jars.map((path) => basename(path)).find((file) => new RegExp(`^${jar}-\\d`).test(file)) ?? '';
  return name.slice(jar.length + 1).replace(/(\.Final)?\.jar$/, '');
}
