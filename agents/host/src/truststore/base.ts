import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KeystoreError, MAX_KEYSTORE_BYTES, readKeystore } from '@trustcast/keystore';
import { BASE_ALIAS_PREFIX, type Entry, fingerprintOf, foldAlias } from '@trustcast/schema';
import type { BaseSource } from '../config.js';
import { BaseError } from '../errors.js';
import { readCarefully } from '../files/careful-file.js';

/** The file of a source, in the order in which a JVM searches; null for no base. @throws BaseError */
export function baseFileOf(source: BaseSource): string | null {
  if (source.kind === 'none') return null;
  if (source.kind === 'file') return source.path;
  const home = homeOf(source);
  if (home === null) throw new BaseError('BASE_NOT_FOUND', 'no java on PATH; set TRUSTCAST_BASE');
  const path = basePaths(home).find((candidate) => existsSync(candidate));
  if (path !== undefined) return path;
  throw new BaseError('BASE_NOT_FOUND', `${home} has no lib/security/cacerts`);
}

/** Paths of the CAs of a Java home, in the order in which a JVM searches. */
export function basePaths(home: string): string[] {
  return ['lib/security', 'jre/lib/security'].flatMap((security) =>
    ['jssecacerts', 'cacerts'].map((name) => join(home, security, name)),
  );
}

/** The home of the JVM that a source names; null where it names none, or none is there. */
export function homeOf(source: BaseSource): string | null {
  if (source.kind === 'jvm') return source.home;
  return source.kind === 'jvm-on-path' ? homeOnPath(source.path) : null;
}

function homeOnPath(path: readonly string[]): string | null {
  const java = path.map((folder) => join(folder, 'java')).find((file) => existsSync(file));
  return java === undefined ? null : dirname(dirname(realpathSync(java)));
}

/**
 * Reads the CAs of a keystore as entries under `base/`. Aliases that Java would fold into one keep a suffix of their
 * fingerprint each.
 *
 * @throws BaseError
 */
export function readBase(path: string, password: string | undefined): { bytes: Buffer; entries: Entry[] } {
  let bytes: Buffer;
  try {
    // The JDK may be another user's, who could put anything there.
    bytes = readCarefully(path, { maxBytes: MAX_KEYSTORE_BYTES }).bytes;
  } catch (cause) {
    throw new BaseError('BASE_UNREADABLE', `${path} cannot be read`, cause);
  }
  return { bytes, entries: parseBase(bytes, path, password) };
}

/** As {@link readBase}, from bytes. */
export function parseBase(bytes: Buffer, path: string, password: string | undefined): Entry[] {
  // Without a password an encrypted PKCS#12 gives nothing; JDK 9 to 17 ship cacerts encrypted under "changeit".
  const passwords = password === undefined ? [undefined, 'changeit'] : [password];
  let failure: unknown;
  for (const candidate of passwords) {
    try {
      const { entries } = readKeystore(bytes, candidate === undefined ? {} : { password: candidate });
      if (entries.length > 0) return underBase(entries);
    } catch (error) {
      failure = error;
    }
  }
  if (failure !== undefined) {
    const why = failure instanceof KeystoreError ? `: ${failure.message}` : '';
    throw new BaseError('BASE_UNREADABLE', `${path} is not a keystore that opens${why}`, failure);
  }
  throw new BaseError('BASE_EMPTY', `${path} holds no certificate that opens`);
}

function underBase(entries: Iterable<Entry>): Entry[] {
  const seen = new Set<string>();
  return [...entries].map(({ alias, der }) => {
    let name = `${BASE_ALIAS_PREFIX}${alias}`;
    if (seen.has(foldAlias(name))) name += `#${fingerprintOf(der).slice(0, 16)}`;
    seen.add(foldAlias(name));
    return { alias: name, der };
  });
}
