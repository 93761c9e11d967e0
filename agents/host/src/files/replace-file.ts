import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  futimesSync,
  openSync,
  renameSync,
  writevSync,
} from 'node:fs';
import { TrustcastError } from '@trustcast/schema';
import { openNew } from './create-file.js';
import type { Folder } from './open-folder.js';
import { inOwned } from './owned-folder.js';
import { removeFile } from './remove-file.js';

/** Attributes that the new file takes over from the one it replaces. */
export interface FileIdentity {
  readonly mode: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly mtimeMs?: number;
  /** A file whose SELinux label the new one gets; the default is the directory's. */
  readonly labelOf?: string;
  /** False for a file that need not survive a power failure. */
  readonly isDurable?: boolean;
}

/** Steps of a replacement, for measuring and for the tests that stop between two of them. */
export type ReplaceStep = 'written' | 'synced' | 'renamed' | 'durable';

/** Suffix of temporary files; they stand beside the file that they become. */
export const TEMPORARY_SUFFIX = '.trustcast-tmp';

/**
 * Replaces `path` by what `pieces` are together: readers see the old or the new content, also after a power failure. On an
 * error the old file is untouched and nothing is left behind.
 *
 * @throws DirectoryError where another user could exchange its directory, TrustcastError `LABEL_NOT_KEPT`, or the failed
 *   system call's error
 */
export function replaceFile(
  path: string,
  pieces: readonly Uint8Array[],
  identity: FileIdentity,
  onStep: (step: ReplaceStep) => void = () => undefined,
): void {
  inOwned(path, (folder, name) => replaceIn(folder, name, pieces, identity, onStep));
}

/** Replaces a file in the open directory, whatever has its name meanwhile. */
function replaceIn(
  folder: Folder,
  name: string,
  pieces: readonly Uint8Array[],
  identity: FileIdentity,
  onStep: (step: ReplaceStep) => void,
): void {
  const { isDurable = true } = identity;
  const temporary = folder.at(`.${name}${TEMPORARY_SUFFIX}`);
  // One agent per directory: whatever has this name is left over from a crash.
  removeFile(temporary);
  const file = openNew(temporary);
  try {
    try {
      writeFully(file, pieces);
      onStep('written');
      if (identity.owner) fchownSync(file, identity.owner.uid, identity.owner.gid);
      fchmodSync(file, identity.mode);
      if (identity.labelOf !== undefined) copyLabel(identity.labelOf, temporary);
      if (identity.mtimeMs !== undefined) {
        // Half a millisecond more: a double of seconds may fall below the millisecond that was meant.
        const seconds = (Math.floor(identity.mtimeMs) + 0.5) / 1_000;
        futimesSync(file, seconds, seconds);
      }
      if (isDurable) fsyncSync(file);
      onStep('synced');
    } finally {
      closeSync(file);
    }
    renameSync(temporary, folder.at(name));
  } catch (error) {
    removeFile(temporary);
    throw error;
  }
  onStep('renamed');
  if (isDurable) syncFolder(folder.at('.'));
  onStep('durable');
}

/** Copies an SELinux label with `chcon`: Node has no call for extended attributes. @throws TrustcastError `LABEL_NOT_KEPT` */
function copyLabel(from: string, to: string): void {
  const { status, error, stderr } = spawnSync('chcon', [`--reference=${from}`, to], { encoding: 'utf8' });
  if (status !== 0) throw new TrustcastError('LABEL_NOT_KEPT', error?.message ?? stderr.trim());
}

/** Writes all of the pieces at the file's position; a full disk shows as a short write first. */
export function writeFully(file: number, pieces: readonly Uint8Array[]): void {
  for (let left = pieces; left.length > 0;) left = after(writevSync(file, left), left);
}

/** The rest of the pieces after their first `written` bytes. */
function after(written: number, pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  const left: Uint8Array[] = [];
  let past = written;
  for (const piece of pieces) {
    if (past < piece.length) left.push(piece.subarray(past));
    past = Math.max(0, past - piece.length);
  }
  return left;
}

function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
