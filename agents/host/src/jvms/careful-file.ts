import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { TrustcastError } from '@trustcast/schema';

/**
 * Reads a file from where other users may write; whether its owner is the right one, the caller must say.
 *
 * @throws TrustcastError `FILE_UNSAFE`, or the failed system call's error
 */
export function readCarefully(path: string, maxBytes: number): { bytes: Buffer; ownerUid: number } {
  // A FIFO would block the open, a symlink would make us read for somebody else.
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new TrustcastError('FILE_UNSAFE', `${path} must be a regular file`);
    if (stat.size > maxBytes)
      throw new TrustcastError('FILE_UNSAFE', `${path} must not be larger than ${maxBytes / 1_024} KB`);
    const bytes = Buffer.allocUnsafe(maxBytes + 1);
    let length = 0;
    for (;;) {
      const read = readSync(file, bytes, length, bytes.length - length, null);
      if (read === 0) break;
      length += read;
    }
    return { bytes: bytes.subarray(0, length), ownerUid: stat.uid };
  } finally {
    closeSync(file);
  }
}
