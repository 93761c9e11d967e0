import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type JavaOption, javaOptions, scriptOptions } from '../processes/java-options.js';
import { pathInside } from '../processes/path-inside.js';
import type { ProcessFacts } from '../processes/process-facts.js';

/** The JVM agent as the options of a JVM name it. */
export interface NamedAgent {
  readonly jar: string;
  /** The value of `dir=`; null where that is missing. */
  readonly directory: string | null;
  readonly from: string;
  /** False where only a variable that no JVM reads names it. */
  readonly isRead: boolean;
  /** True where the agent has a configured jar and this is another one. */
  readonly isOtherJar: boolean;
}

/** Jar and directory of this agent, which identify its JVMs. */
export interface OurNames {
  readonly jar: string | undefined;
  readonly directory: string;
}

/** Names of the delivered jar. */
const OUR_JAR = /^(?:.*\/)?trustcast-jvm[^/]*\.jar$/s;

/** Finds the JVM agent among the options of a JVM; null where none names it. */
export function namedAgent(process: ProcessFacts, ours: OurNames): NamedAgent | null {
  const read = find(javaOptions(process), ours);
  const named = read ?? find(scriptOptions(process), ours);
  return named && { ...named, isRead: read !== null, isOtherJar: isOther(process, named.jar, ours.jar) };
}

/** Compares jars by path and by file. */
function isOther({ pid }: ProcessFacts, jar: string, ours: string | undefined): boolean {
  if (ours === undefined || jar === ours) return false;
  try {
    const [one, other] = [statSync(pathInside(pid, resolve('/', jar))), statSync(ours)];
    return one.dev !== other.dev || one.ino !== other.ino;
  } catch {
    return true;
  }
}

function find(options: readonly JavaOption[], ours: OurNames): Pick<NamedAgent, 'jar' | 'directory' | 'from'> | null {
  for (const { text, from } of options) {
    const [, jar, rest] = /^-javaagent:([^=]+)(?:=(.*))?$/s.exec(text) ?? [];
    if (jar === undefined) continue;
    const directory = directoryIn(rest ?? '');
    if (OUR_JAR.test(jar) || jar === ours.jar || (directory !== null && resolve('/', directory) === ours.directory))
      return { jar, directory, from };
  }
  return null;
}

/** As the JVM agent reads its options: the last one counts. */
function directoryIn(options: string): string | null {
  const named = options.split(',').findLast((option) => option.startsWith('dir='));
  return named === undefined || named === 'dir=' ? null : named.slice('dir='.length);
}
