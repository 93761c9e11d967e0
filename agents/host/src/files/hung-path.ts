import { closeSync, openSync, readFileSync, readSync, readlinkSync } from 'node:fs';

/** Arguments of a system call that may name a path: by a pointer, or by an open file. */
const NAMING = 2;
/** Also the length of the longest path. */
const PAGE_BYTES = 4_096;
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
      const bytes = bytesAt(memory, address);
      const end = bytes.indexOf(0);
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

/** Up to the end of a page and all of the next one, as far as it may be read: a path that ends in the first one needs no more. */
function bytesAt(memory: number, address: bigint): Buffer {
  const bytes = Buffer.alloc(2 * PAGE_BYTES);
  const first = PAGE_BYTES - Number(address % BigInt(PAGE_BYTES));
  const length = readSync(memory, bytes, 0, first, address);
  if (length < first || bytes.subarray(0, first).includes(0)) return bytes.subarray(0, length);
  return bytes.subarray(0, first + readSync(memory, bytes, first, PAGE_BYTES, address + BigInt(first)));
}

function openPath(descriptor: number): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return null;
  }
}
