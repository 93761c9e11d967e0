import { isErrno } from '@trustcast/config';
import { TrustcastError } from '@trustcast/schema';
import { readCarefully } from './careful-file.js';
import { replaceFile } from './replace-file.js';
import { isWrittenByOthers } from './written-by-others.js';

/**
 * Leaves a file alone that has these bytes, that all may read, and that nobody but root and this user can change; whatever else
 * has the name is replaced. Who has opened the file before keeps what it was.
 *
 * @throws as {@link replaceFile}
 */
export function keepFile(path: string, bytes: Uint8Array): void {
  if (!isKept(path, bytes)) replaceFile(path, [bytes], { mode: 0o644 });
}

function isKept(path: string, wanted: Uint8Array): boolean {
  try {
    const { bytes, ownerUid, stat } = readCarefully(path, { maxBytes: wanted.length, links: false });
    const owned = ownerUid === 0 || ownerUid === process.geteuid?.();
    return owned && !isWrittenByOthers(stat) && (stat.mode & 0o444) === 0o444 && bytes.equals(wanted);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES') || (error instanceof TrustcastError && error.code === 'FILE_UNSAFE'))
      return false;
    throw error;
  }
}
