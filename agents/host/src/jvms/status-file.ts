import { type JvmStatus, LIMITS, decodeJvmStatus } from '@trustcast/schema';
import { readCarefully } from './careful-file.js';

/** A status file as it was found; whether its owner is the process it speaks of, the reader of `/proc` must say. */
export interface StatusFile {
  readonly status: JvmStatus;
  readonly ownerUid: number;
}

/**
 * Reads a status file from a directory in which everyone may write.
 *
 * @throws TrustcastError `FILE_UNSAFE`, MalformedError, LimitExceededError, or the failed system call's error
 */
export function readStatusFile(path: string): StatusFile {
  const { bytes, ownerUid } = readCarefully(path, LIMITS.jvmStatusBytes);
  return { status: decodeJvmStatus(bytes), ownerUid };
}
