import { closeSync, openSync, readSync } from 'node:fs';
import type { StatusLock } from '@trustcast/schema';

/** Locks of a hostile user may be many; what is beyond this is not looked at, so that it cannot keep the agent busy. */
const MAX_BYTES = 4 * 1_024 * 1_024;
const HELD = /^\d+: POSIX +ADVISORY +WRITE (\d+) \S+ (\d+) (\d+)$/gm;

/** The record locks that processes of this host hold, as proc(5) lists them. */
export class KernelLocks {
  readonly #held: ReadonlySet<string>;

  private constructor(held: ReadonlySet<string>) {
    this.#held = held;
  }

  static read(): KernelLocks {
    const held = new Set<string>();
    for (const [, pid = '', start = '', end = ''] of textOf('/proc/locks').matchAll(HELD))
      held.add(`${pid} ${start} ${end}`);
    return new KernelLocks(held);
  }

  /** True when this very process holds the lock, whichever file it is on: file systems differ in how they name files. */
  isHeldBy(pid: number, { position, size }: StatusLock): boolean {
    return this.#held.has(`${pid} ${position} ${position + size - 1n}`);
  }
}

function textOf(path: string): string {
  const chunks: Buffer[] = [];
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    for (let length = 0; length < MAX_BYTES;) {
      const chunk = Buffer.allocUnsafe(64 * 1_024);
      const read = readSync(file, chunk, 0, chunk.length, null);
      if (read === 0) break;
      chunks.push(chunk.subarray(0, read));
      length += read;
    }
  } finally {
    closeSync(file);
  }
  return Buffer.concat(chunks).toString('latin1');
}
