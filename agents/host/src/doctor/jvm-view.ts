import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isErrno } from '@trustcast/config';
import { MAX_KEYSTORE_BYTES } from '@trustcast/keystore';
import type { Entry } from '@trustcast/schema';
import { readCarefully } from '../files/careful-file.js';
import type { JvmProcess } from '../jvms/processes/jvm-scanner.js';
import { pathInside } from '../jvms/processes/path-inside.js';
import { basePaths, parseBase } from '../truststore/base.js';
import { mountPoints } from '../jvms/processes/mounts.js';

const TRUST_STORE = '-Djavax.net.ssl.trustStore=';
const TRUST_STORE_PASSWORD = '-Djavax.net.ssl.trustStorePassword=';

/** The reason why a JVM does not see the file at `path` as the agent does; null where it does, or where that is unknown. */
export function otherFile(pid: number, path: string, ours: string): string | null {
  if (mountPoints(pid).has(path))
    return 'the file itself is mounted into the JVM, which sees no later one; mount its directory';
  const [theirs, agents] = [identityOf(pathInside(pid, path)), identityOf(ours)];
  if (theirs === null || agents === null || theirs === agents) return null;
  return `device:inode is ${theirs} there, the agent’s is ${agents}`;
}

/** Reads the own CAs of a JVM, which its command line or its JDK names; null where they cannot be read. */
export function ownBase(
  { pid, uid, gid, exe, command }: JvmProcess,
  truststore: string,
): { path: string; entries: Entry[] } | null {
  try {
    const named = valueOf(command, TRUST_STORE);
    const isOwn = named !== undefined && named !== '' && named !== truststore;
    const home = dirname(dirname(exe ?? ''));
    const password = isOwn ? valueOf(command, TRUST_STORE_PASSWORD) : undefined;
    const inside = { root: `/proc/${pid}/root`, from: `/proc/${pid}/cwd` };
    for (const path of isOwn ? [named] : basePaths(home))
      try {
        // A process of another user may have named it.
        const caution = { maxBytes: MAX_KEYSTORE_BYTES, ...inside, readableBy: { uid, gid } };
        return { path, entries: parseBase(readCarefully(path, caution).bytes, path, password) };
      } catch (error) {
        if (!isErrno(error, 'ENOENT')) return null;
      }
    return null;
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
