import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type JavaOption, javaOptions, scriptOptions } from '../processes/java-options.js';
import { pathInside } from '../processes/path-inside.js';
import type { ProcessFacts } from '../processes/process-facts.js';

/** The JVM agent as a JVM's options name it. */
export interface NamedAgent {
  readonly jar: string;
  /** As it stands after `dir=`; null where that is missing. */
  readonly directory: string | null;
  readonly from: string;
  /** False where a variable names it that no JVM reads, and the command line does not. */
  readonly isRead: boolean;
  /** True where the agent is told of its jar, and this is another one. */
  readonly isOtherJar: boolean;
}

/** What else than the name of the jar tells that it is ours. */
export interface OurNames {
  readonly jar: string | undefined;
  readonly directory: string;
}

/** The name under which it is delivered. */
const OUR_JAR = /^(?:.*\/)?trustcast-jvm[^/]*\.jar$/s;

/** Null where nothing that a JVM was started with names the JVM agent. */
export function namedAgent(process: ProcessFacts, ours: OurNames): NamedAgent | null {
  const read = find(javaOptions(process), ours);
  const named = read ?? find(scriptOptions(process), ours);
  return named && { ...named, isRead: read !== null, isOtherJar: isOther(process, named.jar, ours.jar) };
}

/** By its path, or by the file that it leads to. */
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
