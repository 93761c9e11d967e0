import { join } from 'node:path';
import { findJdks as findAll } from '@trustcast/dev/setup/find-jdks.mjs';

/** A JDK that the tests run on. */
export interface Jdk {
  readonly home: string;
  readonly major: number;
  readonly java: string;
}

const all = await findAll();

/**
 * Every JDK of this machine from 17 on, the first found of each major version, in ascending order.
 * @throws {Error} when there is none: a test that runs on no JDK proves nothing.
 */
export function findJdks(): [Jdk, ...Jdk[]] {
  const [first, ...rest] = all
    .filter(({ major }, index) => all.findIndex((jdk) => jdk.major === major) === index)
    .map(({ home, major }) => ({ home, major, java: join(home, 'bin/java') }));
  if (first === undefined) throw new Error('no JDK 17 or later found; set JAVA_HOME or JAVA_HOMES');
  return [first, ...rest];
}
