import { closeSync, openSync, readFileSync, readSync, readlinkSync } from 'node:fs';

/** Arguments of a system call that may name a path: by a pointer, or by an open file. */
const NAMING = 2;
const LONGEST_PATH = 4_096;
const OPEN_FILE = /^\/proc\/self\/fd\/(\d{1,9})(?=\/|$)/;

/**
 * The call that a thread of this process is in, as `/proc/<pid>/task/<tid>/syscall` tells: its number, its arguments and its place.
 * Null where it is in none, or the kernel does not tell.
 */
export function callOf(tid: number): string | null {
  try {
    const call = readFileSync(`/proc/self/task/${tid}/syscall`, 'utf8').trim();
    return call.startsWith('running') ? null : call;
  } catch {
    return null;
  }
}

/** The path that a call is about; null where it is about none. Nothing here asks the file system of the path. */
export function pathOfCall(call: string): string | null {
  for (const argument of call.split(' ').slice(1, 1 + NAMING)) {
    const value = BigInt(argument);
    const path = value < 0x10000n ? openPath(Number(value)) : textAt(value);
    if (path?.startsWith('/') === true && path.length > 1 && !path.startsWith('/proc/')) return path;
  }
  return null;
}

/** Paths that begin with an open folder are those of whoever reads carefully. */
function textAt(address: bigint): string | null {
  try {
    const memory = openSync('/proc/self/mem', 'r');
    try {
      const bytes = Buffer.alloc(LONGEST_PATH);
      const length = readSync(memory, bytes, 0, pageEnd(address), address);
      const end = bytes.subarray(0, length).indexOf(0);
      if (end <= 0) return null;
      const path = bytes.toString('utf8', 0, end);
      const [open, descriptor] = OPEN_FILE.exec(path) ?? [];
      return open === undefined ? path : `${openPath(Number(descriptor)) ?? ''}${path.slice(open.length)}`;
    } finally {
      closeSync(memory);
    }
  } catch {
    return null;
  }
}

/** What lies behind the end of a page may not be readable. */
function pageEnd(address: bigint): number {
  return LONGEST_PATH - Number(address % BigInt(LONGEST_PATH)) || LONGEST_PATH;
}

function openPath(descriptor: number): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return null;
  }
}
