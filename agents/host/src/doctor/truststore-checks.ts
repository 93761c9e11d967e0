import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { errnoOf } from '@trustcast/config';
import { readKeystore } from '@trustcast/keystore';
import { type Entry, MARKER_ALIAS } from '@trustcast/schema';
import type { Config } from '../config.js';
import { pathsOf, unsafeTruststore } from '../state/agent-directory.js';
import { WrittenHistory } from '../truststore/written-history.js';
import { type Finding, notice, ok, problem } from './finding.js';
import { hasMac, opensMac } from './password-checks.js';
import { mountPoints } from '../jvms/processes/mounts.js';

/** Reads the entries of the truststore; null where it does not open without a password, which a MAC alone does not require. */
export function truststoreEntries(config: Config): readonly Entry[] | null {
  try {
    return readKeystore(readFileSync(pathsOf(config.directory).truststore)).entries;
  } catch {
    return null;
  }
}

/** @param users gives the pids of the JVMs that use the directory */
export function truststoreChecks(config: Config, users: () => readonly number[]): Finding[] {
  const { truststore } = pathsOf(config.directory);
  let bytes: Buffer;
  try {
    bytes = readFileSync(truststore);
  } catch (error) {
    return [problem('truststore', missing(truststore, errnoOf(error), users))];
  }
  const mounted = mountPoints('self').has(realpathSync(truststore));
  const unsafe = unsafeTruststore(truststore);
  const { mode } = lstatSync(realpathSync(truststore));
  return [
    contentOf(bytes, config),
    (mode & 0o004) === 0
      ? notice('truststore mode', `${(mode & 0o777).toString(8)}: JVMs of other users cannot read it`)
      : ok('truststore mode', (mode & 0o777).toString(8)),
    ...(mounted
      ? [problem('mount', 'the file itself is a mount point and cannot be replaced; mount its directory')]
      : []),
    ...(unsafe ? [problem('truststore', unsafe.message)] : []),
  ];
}

/** The reason why there is no truststore to read. */
function missing(truststore: string, errno: string, users: () => readonly number[]): string {
  const pids = errno === 'ENOENT' ? users() : [];
  if (pids.length === 0) return `${truststore} cannot be read: ${errno}`;
  return `${truststore} is not there, and JVMs use this directory (pid ${pids.slice(0, 5).join(', ')}): they keep the certificates that they have, and the agent writes it with the first set from the service; look at what keeps it from that`;
}

function contentOf(bytes: Buffer, { directory, truststorePassword }: Config): Finding {
  try {
    const { format, entries } = readKeystore(bytes);
    if (format === 'PKCS12' && entries.some(({ alias }) => alias === MARKER_ALIAS))
      return passwordOf(bytes, truststorePassword, `${entries.length} entries`, pathsOf(directory).state);
  } catch (error) {
    if (errnoOf(error) === 'KEYSTORE_PASSWORD_REQUIRED')
      return problem('truststore', 'it was encrypted: JVMs see nothing in it; the agent restores it when it runs');
  }
  return problem('truststore', 'is not what the agent writes: damaged, or another file');
}

function passwordOf(bytes: Buffer, password: string | undefined, entries: string, state: string): Finding {
  const opens = password !== undefined && opensMac(bytes, password);
  if (!hasMac(bytes))
    return password === undefined
      ? ok('truststore', `${entries}, no password needed`)
      : problem('truststore', `${entries}, and no MAC of TRUSTCAST_TRUSTSTORE_PASSWORD yet: restart the agent with it`);
  if (opens) return ok('truststore', `${entries}, with a MAC of TRUSTCAST_TRUSTSTORE_PASSWORD`);
  if (password !== undefined)
    return problem('truststore', `${entries}, and a MAC of another password: restart the agent with the new one`);
  const last = new WrittenHistory(state).last?.sha256;
  if (createHash('sha256').update(bytes).digest('hex') === last)
    return notice('truststore', `${entries}, with a MAC of a password that this command was not given`);
  return problem('truststore', 'a password was set on it: JVMs that give another one refuse it');
}
