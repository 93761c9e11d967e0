import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MAX_KEYSTORE_BYTES } from '@trustcast/keystore';
import type { Entry } from '@trustcast/schema';
import { readCarefully } from '../jvms/careful-file.js';
import type { JvmProcess } from '../jvms/jvm-scanner.js';
import { pathInside } from '../jvms/path-inside.js';
import { baseFileOf, parseBase } from '../truststore/base.js';
import { mountPoints } from './mounts.js';

const TRUST_STORE = '-Djavax.net.ssl.trustStore=';
const TRUST_STORE_PASSWORD = '-Djavax.net.ssl.trustStorePassword=';

/** Why a JVM does not see the file at `path` as it is here; null where it does, or that cannot be told. */
export function otherFile(pid: number, path: string, ours: string): string | null {
  if (mountPoints(pid).has(path))
    return 'the file itself is mounted into the JVM, which sees no later one; mount its directory';
  const [theirs, agents] = [identityOf(pathInside(pid, path)), identityOf(ours)];
  if (theirs === null || agents === null || theirs === agents) return null;
  return `device:inode is ${theirs} there, the agent’s is ${agents}`;
}

/** The CAs that a JVM has of its own, as its command line and its JDK name them; null where they cannot be read. */
export function ownBase(
  { pid, exe, command }: JvmProcess,
  truststore: string,
): { path: string; entries: Entry[] } | null {
  try {
    const named = valueOf(command, TRUST_STORE);
    const isOwn = named !== undefined && named !== '' && named !== truststore;
    const root = `/proc/${pid}/root`;
    const home = join(root, dirname(dirname(exe ?? '')));
    const path = isOwn ? named : (baseFileOf({ kind: 'jvm', home }) ?? '').slice(root.length);
    const password = isOwn ? valueOf(command, TRUST_STORE_PASSWORD) : undefined;
    // A process of another user may have named it: no FIFO, nothing huge, and links within its own root.
    const { bytes } = readCarefully(pathInside(pid, path), MAX_KEYSTORE_BYTES);
    return { path, entries: parseBase(bytes, path, password) };
  } catch {
    return null;
  }
}

function valueOf(command: readonly string[], option: string): string | undefined {
  return command.findLast((argument) => argument.startsWith(option))?.slice(option.length);
}

function identityOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}
