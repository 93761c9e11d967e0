import type { ProcessFacts } from './process-facts.js';

const OUR_JAR = /^-javaagent:(?:[^=]*\/)?trustcast-jvm[^/=]*\.jar(?:=|$)/;

/** True where the command line brings the JVM agent under the name that it is delivered with. */
export function namesOurJar({ command }: Pick<ProcessFacts, 'command'>): boolean {
  return command.some((argument) => OUR_JAR.test(argument));
}
