/**
 * Builds the JVM agent with nothing but a JDK: dist/trustcast-jvm.jar and, for the tests, dist/test-classes.
 * The same sources give the same bytes. Exits with 78 when there is no JDK.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const FIRST_JDK = 17;
const MAX_JAR_BYTES = 98_304;
const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
const jar = join(dist, 'trustcast-jvm.jar');
const classesKept = join(dist, 'classes');
const testClasses = join(dist, 'test-classes');

function fail(code, message) {
  process.stderr.write(`agents/jvm: ${message}\n`);
  process.exit(code);
}

function jdkCandidates() {
  const homes = [process.env.JAVA_HOME];
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder !== '' && existsSync(join(folder, 'javac'))) homes.push(dirname(folder));
  }
  const installed = '/usr/lib/jvm';
  if (existsSync(installed))
    homes.push(
      ...readdirSync(installed)
        .sort()
        .map((name) => join(installed, name)),
    );
  homes.push(...(process.env.JAVA_HOMES ?? '').split(delimiter));
  return homes.filter((home) => home !== undefined && home !== '');
}

function findJdk() {
  for (const home of jdkCandidates()) {
    const bin = join(home, 'bin');
    if (!existsSync(join(bin, 'javac')) || !existsSync(join(bin, 'jar'))) continue;
    try {
      const version = execFileSync(join(bin, 'javac'), ['-version'], { encoding: 'utf8' });
      if (Number(/(\d+)/.exec(version)?.[1]) >= FIRST_JDK) return bin;
    } catch {
      continue;
    }
  }
  return fail(78, `no JDK ${FIRST_JDK} or later found; set JAVA_HOME to one (a JRE has no javac)`);
}

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function compile(bin, sources, out, options) {
  mkdirSync(out, { recursive: true });
  execFileSync(join(bin, 'javac'), ['-encoding', 'UTF-8', '-Xlint:all', '-Werror', ...options, '-d', out, ...sources], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

function isImplementation(name) {
  return name.startsWith('io/trustcast/jvm/impl/') || name.startsWith('sun/');
}

/** As io.trustcast.jvm.Release reads it: for each file its name as DataOutput.writeUTF does, its length, its bytes. */
function archive(folder, names) {
  return Buffer.concat(
    names.flatMap((name) => {
      const bytes = readFileSync(join(folder, name));
      const head = Buffer.alloc(2 + name.length + 4);
      head.writeUInt16BE(name.length);
      head.write(name, 2, 'ascii');
      head.writeUInt32BE(bytes.length, 2 + name.length);
      return [head, bytes];
    }),
  );
}

const version = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8')).version;
const mainSources = filesUnder(join(here, 'src/main/java'));
const testSources = filesUnder(join(here, 'src/test/java'));

const inputs = createHash('sha256');
for (const file of [fileURLToPath(import.meta.url), join(here, 'package.json'), ...mainSources, ...testSources]) {
  inputs
    .update(`${relative(here, file)}\0`)
    .update(readFileSync(file))
    .update('\0');
}
const wanted = inputs.digest('hex');
const stampFile = join(dist, '.jar-inputs');
const built = existsSync(jar) && existsSync(testClasses) && existsSync(stampFile) && readFileSync(stampFile, 'utf8');
if (built === wanted) process.exit(0);

const bin = findJdk();
mkdirSync(dist, { recursive: true });
const work = mkdtempSync(join(dist, '.build-'));
try {
  const classes = join(work, 'classes');
  compile(bin, mainSources, classes, [
    '--release',
    '11',
    '-g:source', // nothing prints a stack trace of them, and line numbers are a tenth of the jar
    '-XDstringConcat=inline', // smaller, and no bootstrap methods to link inside a handshake
  ]);
  writeFileSync(join(classes, 'io/trustcast/jvm/version'), `${version}\n`);
  mkdirSync(join(classes, 'META-INF'));
  // written here: the jar tool would add a Created-By line that differs from JDK to JDK
  writeFileSync(
    join(classes, 'META-INF/MANIFEST.MF'),
    [
      'Manifest-Version: 1.0',
      'Premain-Class: io.trustcast.jvm.Agent',
      'Agent-Class: io.trustcast.jvm.Agent',
      'Can-Retransform-Classes: true',
      'Implementation-Title: trustcast-jvm',
      `Implementation-Version: ${version}`,
      '',
      '',
    ].join('\r\n'),
  );
  // the implementation in one file, so that the jar compresses it as a whole and the application's class path does not
  // see it
  const inner = filesUnder(classes)
    .map((file) => relative(classes, file))
    .filter(isImplementation);
  writeFileSync(join(classes, 'io/trustcast/jvm/implementation'), archive(classes, inner));
  const outer = filesUnder(classes)
    .map((file) => relative(classes, file))
    .filter((name) => !isImplementation(name));
  const packed = join(work, 'trustcast-jvm.jar');
  const options = ['--create', '--no-manifest', '--date', '2024-01-01T00:00:00Z', '--file', packed, ...outer];
  execFileSync(join(bin, 'jar'), options, { cwd: classes, stdio: ['ignore', 'inherit', 'inherit'] });
  const size = statSync(packed).size;
  if (size > MAX_JAR_BYTES) throw new Error(`the jar has ${size} bytes, more than ${MAX_JAR_BYTES}`);

  const tests = join(work, 'test-classes');
  mkdirSync(tests);
  if (testSources.length > 0) compile(bin, testSources, tests, ['--release', '11', '-cp', classes]);
  rmSync(testClasses, { recursive: true, force: true });
  renameSync(tests, testClasses);
  rmSync(classesKept, { recursive: true, force: true });
  renameSync(classes, classesKept);
  renameSync(packed, jar);
  writeFileSync(stampFile, wanted);
} catch (error) {
  process.stderr.write(`agents/jvm: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
