import { closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { MAX_KEYSTORE_BYTES } from '@trustcast/keystore';
import type { Entry } from '@trustcast/schema';
import type { JvmProcess } from '../jvms/jvm-scanner.js';
import { baseFileOf, parseBase } from '../truststore/base.js';
import { mountPoints } from './mounts.js';

const MAX_LINKS = 8;
const TRUST_STORE = '-Djavax.net.ssl.trustStore=';
const TRUST_STORE_PASSWORD = '-Djavax.net.ssl.trustStorePassword=';

/** Why a JVM does not see the file at `path` as it is here; null where it does, or that cannot be told. */
export function otherFile(pid: number, path: string, ours: string): string | null {
  if (mountPoints(pid).has(path))
    return 'the file itself is mounted into the JVM, which sees no later one; mount its directory';
  const [theirs, agents] = [identityOf(join(rootOf(pid), path)), identityOf(ours)];
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
    const root = rootOf(pid);
    const home = join(root, dirname(dirname(exe ?? '')));
    const path = isOwn ? named : (baseFileOf({ kind: 'jvm', home }) ?? '').slice(root.length);
    const password = isOwn ? valueOf(command, TRUST_STORE_PASSWORD) : undefined;
    return { path, entries: parseBase(readOf(pid, path), path, password) };
  } catch {
    return null;
  }
}

function rootOf(pid: number): string {
  return `/proc/${pid}/root`;
}

function valueOf(command: readonly string[], option: string): string | undefined {
  return command.findLast((argument) => argument.startsWith(option))?.slice(option.length);
}

/** Reads a file that a process of another user may have named: no FIFO, nothing huge, and links within its own root. */
function readOf(pid: number, path: string): Buffer {
  let inside = path;
  for (let links = 0; links < MAX_LINKS; links += 1) {
    const target = linkAt(join(rootOf(pid), inside));
    if (target === null) break;
    inside = resolve(dirname(inside), target);
  }
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
  const file = openSync(join(rootOf(pid), inside), flags);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.size > MAX_KEYSTORE_BYTES) throw new Error('not a keystore');
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

function linkAt(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function identityOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}
