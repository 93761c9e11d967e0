import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, embeddedFile } from '@trustcast/config';
import type { Config } from '../../config.js';
import { keepFile } from '../../files/keep-file.js';
import { JAR_NAME } from './jar-name.js';

/**
 * Writes the jar that a single executable carries into the directory of the agent, where no other jar is set.
 *
 * @throws ConfigError where the directory is another user's, who could exchange it; the failed system call's error
 */
export function unpackJar({ directory, jvmAgentJar }: Pick<Config, 'directory' | 'jvmAgentJar'>): void {
  const jar = embeddedFile(JAR_NAME);
  if (jar === null || jvmAgentJar !== join(directory, JAR_NAME)) return;
  if (statSync(directory).uid !== process.geteuid?.())
    throw new ConfigError([`TRUSTCAST_JVM_AGENT_JAR is required: ${directory} belongs to another user`]);
  keepFile(jvmAgentJar, jar);
}
