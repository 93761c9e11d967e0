import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { countPkcs12Entries, readKeystore } from '@trustcast/keystore';
import { type Entry, MARKER_ALIAS } from '@trustcast/schema';
import type { Config } from '../config.js';
import { errnoOf } from '../errors.js';
import { pathsOf, unsafeTruststore } from '../state/agent-directory.js';
import { type Finding, notice, ok, problem } from './finding.js';

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
  const mounted = mountPoints().has(realpathSync(truststore));
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
    const entries = countPkcs12Entries(bytes);
    const marked = readKeystore(bytes).entries.some(({ alias }) => alias === MARKER_ALIAS);
    if (entries > 0 && marked) return ok('truststore', `${entries} entries, no password needed`);
  } catch {
    // Reported below.
  }
  return problem('truststore', 'is not what the agent writes: damaged, another file, or a password was set on it');
}

function mountPoints(): Set<string> {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return new Set(
    lines.map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
    ),
  );
}
