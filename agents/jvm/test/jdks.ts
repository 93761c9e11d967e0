import { join } from 'node:path';
import { type Jdk as Found, findJdks as allJdks, findJvms as allJvms } from '@trustcast/dev/setup/find-jdks.mjs';

/** A Java that the tests run on. */
export interface Jdk {
  readonly home: string;
  readonly major: number;
  readonly java: string;
}

const [jdks, jvms] = await Promise.all([allJdks(), allJvms()]);

/** Every Java of this machine from 11 on, JREs too: those that an application may run on. At least the JDKs. */
export function findJvms(): Jdk[] {
  return firstOfEachMajor(jvms);
}

/**
 * Every JDK of this machine from 17 on.
 * @throws {Error} when there is none: a test that runs on no JDK proves nothing.
 */
export function findJdks(): [Jdk, ...Jdk[]] {
  const [first, ...rest] = firstOfEachMajor(jdks);
  if (first === undefined) throw new Error('no JDK 17 or later found; set JAVA_HOME or JAVA_HOMES');
  return [first, ...rest];
}

/** Path of a tool that a JRE does not have. */
export function jdkTool(name: 'jar' | 'javac'): string {
  return join(findJdks()[0].home, 'bin', name);
}

function firstOfEachMajor(found: readonly Found[]): Jdk[] {
  return found
    .filter(({ major }, index) => found.findIndex((jdk) => jdk.major === major) === index)
    .map(({ home, major }) => ({ home, major, java: join(home, 'bin/java') }));
}
