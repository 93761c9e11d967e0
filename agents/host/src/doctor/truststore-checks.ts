import { randomUUID } from 'node:crypto';
import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { readKeystore } from '@trustcast/keystore';
import { type Entry, MARKER_ALIAS } from '@trustcast/schema';
import type { Config } from '../config.js';
import { errnoOf } from '../errors.js';
import { pathsOf, unsafeTruststore } from '../state/agent-directory.js';
import { type Finding, notice, ok, problem } from './finding.js';
import { mountPoints } from '../jvms/mounts.js';

/** What the truststore holds; null where it does not open without a password. */
export function truststoreEntries(config: Config): readonly Entry[] | null {
  try {
    return readKeystore(readFileSync(pathsOf(config.directory).truststore)).entries;
  } catch {
    return null;
  }
}

export function truststoreChecks(config: Config): Finding[] {
  const { truststore } = pathsOf(config.directory);
  let bytes: Buffer;
  try {
    bytes = readFileSync(truststore);
  } catch (error) {
    return [problem('truststore', `${truststore} cannot be read: ${errnoOf(error)}`)];
  }
  const mounted = mountPoints('self').has(realpathSync(truststore));
  const unsafe = unsafeTruststore(truststore);
  const { mode } = lstatSync(realpathSync(truststore));
  return [
    contentOf(bytes),
    (mode & 0o004) === 0
      ? notice('truststore mode', `${(mode & 0o777).toString(8)}: JVMs of other users cannot read it`)
      : ok('truststore mode', (mode & 0o777).toString(8)),
    ...(mounted
      ? [problem('mount', 'the file itself is a mount point and cannot be replaced; mount its directory')]
      : []),
    ...(unsafe ? [problem('truststore', unsafe.message)] : []),
  ];
}

function contentOf(bytes: Buffer): Finding {
  try {
    // A password that nobody has set opens what has none, and fails where there is one, also where only a MAC asks for it.
    const { format, entries } = readKeystore(bytes, { password: randomUUID() });
    if (format === 'PKCS12' && entries.some(({ alias }) => alias === MARKER_ALIAS))
      return ok('truststore', `${entries.length} entries, no password needed`);
  } catch (error) {
    if (errnoOf(error) === 'KEYSTORE_PASSWORD_WRONG')
      return problem('truststore', 'a password was set on it: JVMs see nothing in it, or refuse it');
  }
  return problem('truststore', 'is not what the agent writes: damaged, or another file');
}
