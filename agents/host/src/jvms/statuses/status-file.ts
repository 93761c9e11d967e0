import { type JvmStatus, LIMITS, type StatusLock, decodeJvmStatus, statusLockOf } from '@trustcast/schema';
import { readWith } from '../../files/careful-file.js';
import { type KernelFile, kernelFileOf } from '../processes/kernel-file.js';

/** A status file as it was found; `/proc` must show whether the process that it names holds its lock. */
export interface StatusFile {
  readonly status: JvmStatus;
  readonly ownerUid: number;
  /** The lock that the process holds for it. */
  readonly lock: StatusLock;
  /** The file of the lock. */
  readonly file: KernelFile;
}

/**
 * Reads a status file from a directory in which everyone may write.
 *
 * @throws TrustcastError `FILE_UNSAFE`, MalformedError, LimitExceededError, or the failed system call's error
 */
export function readStatusFile(path: string): StatusFile {
  return readWith(path, { maxBytes: LIMITS.jvmStatusBytes, links: false }, (file, { bytes, ownerUid }) => ({
    status: decodeJvmStatus(bytes),
    ownerUid,
    lock: statusLockOf(bytes),
    file: kernelFileOf(file),
  }));
}
