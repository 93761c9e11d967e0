import { type JvmStatus, LIMITS, type StatusLock, decodeJvmStatus, statusLockOf } from '@trustcast/schema';
import { readCarefully } from '../files/careful-file.js';

/** A status file as it was found; whether the process that it speaks of stands by it, the reader of `/proc` must say. */
export interface StatusFile {
  readonly status: JvmStatus;
  readonly ownerUid: number;
  /** What that process then holds. */
  readonly lock: StatusLock;
}

/**
 * Reads a status file from a directory in which everyone may write.
 *
 * @throws TrustcastError `FILE_UNSAFE`, MalformedError, LimitExceededError, or the failed system call's error
 */
export function readStatusFile(path: string): StatusFile {
  const { bytes, ownerUid } = readCarefully(path, { maxBytes: LIMITS.jvmStatusBytes, links: false });
  return { status: decodeJvmStatus(bytes), ownerUid, lock: statusLockOf(bytes) };
}
