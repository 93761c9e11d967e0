import { join } from 'node:path';
import type { Config } from '../../config.js';
import { keepFile } from '../../files/keep-file.js';
import { removeFile } from '../../files/remove-file.js';
import { jarProblem } from './jar-problem.js';

/** Name, in the directory of the agent, of the environment that units of JVMs read (systemd.exec(5), EnvironmentFile). */
export const JVM_ENVIRONMENT = 'jvm.env';

/** The option with which a JVM loads the agent at its start. */
export function javaAgentOption(jar: string, directory: string): string {
  return `-javaagent:${jar}=dir=${directory}`;
}

/** Writes the environment of JVMs, or removes it where the jar cannot be used: a JVM that names such a jar does not start. */
export function writeJvmEnvironment({ directory, jvmAgentJar: jar }: Pick<Config, 'directory' | 'jvmAgentJar'>): void {
  const path = join(directory, JVM_ENVIRONMENT);
  if (jar === undefined || jarProblem(jar) !== null) removeFile(path);
  else keepFile(path, Buffer.from(`JAVA_TOOL_OPTIONS="${javaAgentOption(jar, directory)}"\n`));
}
