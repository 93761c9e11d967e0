import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findJdks, findJvms } from '@trustcast/dev/setup/find-jdks.mjs';
import { programs } from './programs.js';

const run = promisify(execFile);

/** Homes of the JDKs of this machine, oldest first. */
export async function jdkHomes(): Promise<string[]> {
  return (await findJdks()).map(({ home }) => home);
}

/** Homes of every Java of this machine that the JVM agent works in, JREs too, oldest first. */
export async function jvmHomes(): Promise<string[]> {
  return (await findJvms()).map(({ home }) => home);
}

/** What Java's own KeyStore sees in each file: fingerprint by alias. */
export async function readAsJava(home: string, files: readonly string[]): Promise<Map<string, string>[]> {
  const folder = programs('ReadTruststores');
  try {
    const options = ['-XX:TieredStopAtLevel=1', '-Dfile.encoding=UTF-8', '-cp', folder.path];
    const { stdout } = await run(join(home, 'bin/java'), [...options, 'ReadTruststores', ...files]);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => new Map(line.split('\t').map((pair) => [pair.slice(64), pair.slice(0, 64)])));
  } finally {
    folder.remove();
  }
}
