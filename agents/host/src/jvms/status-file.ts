import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type JvmStatus, LIMITS, TrustcastError, decodeJvmStatus } from '@trustcast/schema';

/** A status file as it was found; whether its owner is the process it speaks of, the reader of `/proc` must say. */
export interface StatusFile {
  readonly status: JvmStatus;
  readonly ownerUid: number;
}

/**
 * Reads a status file from a directory in which everyone may write.
 *
 * @throws TrustcastError `STATUS_FILE_UNSAFE`, MalformedError, LimitExceededError, or the failed system call's error
 */
export function readStatusFile(path: string): StatusFile {
  // A FIFO would block the open, a symlink would make us read for somebody else.
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file, { bigint: true });
    refuseUnsafe(stat);
    const bytes = Buffer.allocUnsafe(LIMITS.jvmStatusBytes + 1);
    let length = 0;
    for (;;) {
      const read = readSync(file, bytes, length, bytes.length - length, null);
      if (read === 0) break;
      length += read;
    }
    return { status: decodeJvmStatus(bytes.subarray(0, length)), ownerUid: Number(stat.uid) };
  } finally {
    closeSync(file);
  }
}

function refuseUnsafe(stat: BigIntStats): void {
  if (!stat.isFile()) throw new TrustcastError('STATUS_FILE_UNSAFE', 'a status file must be a regular file');
  if (stat.size > BigInt(LIMITS.jvmStatusBytes))
    throw new TrustcastError('STATUS_FILE_UNSAFE', 'a status file must not be larger than 64 KB');
}
