import { closeSync, constants, openSync, writeFileSync } from 'node:fs';

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Opens a new file for writing, never an existing one; the path goes through an open directory. */
export function openNew(path: string, mode = 0o600): number {
  return openSync(path, FLAGS, mode);
}

/** Creates a file with this content, without syncing it. @throws the failed system call's error, such as EEXIST */
export function createFile(path: string, content: string | Uint8Array = '', mode = 0o600): void {
  const file = openNew(path, mode);
  try {
    if (content.length > 0) writeFileSync(file, content);
  } finally {
    closeSync(file);
  }
}
