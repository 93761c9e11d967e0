import { createHash } from 'node:crypto';

/** A range of bytes, from `position` on. */
export interface StatusLock {
  readonly position: bigint;
  readonly size: bigint;
}

const POSITION_BITS = 62;
const SIZE_BITS = 61;

/**
 * The byte range that a JVM locks in its status file (POSIX record lock, exclusive) for as long as it stands by these bytes:
 * the first 62 bits below 2^62 of their SHA-256 as position, one more than 61 bits of the next eight bytes as size.
 *
 * The kernel names the process that holds a lock, which no other process can take in its name: a status speaks for the
 * process that holds its lock, and for nobody else.
 */
export function statusLockOf(bytes: Uint8Array): StatusLock {
  const digest = createHash('sha256').update(bytes).digest();
  return {
    position: BigInt.asUintN(POSITION_BITS, digest.readBigUInt64BE(0)),
    size: BigInt.asUintN(SIZE_BITS, digest.readBigUInt64BE(8)) + 1n,
  };
}
