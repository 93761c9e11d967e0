import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, embeddedFile, isErrno } from '@trustcast/config';
import { TrustcastError } from '@trustcast/schema';
import type { Config } from '../../config.js';
import { readCarefully } from '../../files/careful-file.js';
import { replaceFile } from '../../files/replace-file.js';
import { isWrittenByOthers } from '../../files/written-by-others.js';
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
  writeJar(jvmAgentJar, jar);
}

/**
 * Leaves a file alone that has the same bytes and that nobody but root and this user can change; whatever else has the name is
 * replaced. JVMs that run keep the jar that they have opened.
 */
export function writeJar(path: string, jar: Uint8Array): void {
  if (!isOurs(path, jar)) replaceFile(path, [jar], { mode: 0o644 });
}

function isOurs(path: string, jar: Uint8Array): boolean {
  try {
    const { bytes, ownerUid, stat } = readCarefully(path, { maxBytes: jar.length, links: false });
    const owned = ownerUid === 0 || ownerUid === process.geteuid?.();
    return owned && !isWrittenByOthers(stat) && (stat.mode & 0o444) === 0o444 && bytes.equals(jar);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES') || (error instanceof TrustcastError && error.code === 'FILE_UNSAFE'))
      return false;
    throw error;
  }
}
