import { unlinkSync } from 'node:fs';
import { isErrno } from '@trustcast/config';
import { type OwnedOptions, inOwned } from './owned-folder.js';

/**
 * Removes a file, or nothing where none is; the path goes through a directory that is open. Not by `rmSync`: where somebody
 * puts a directory in the file's place meanwhile, that one removes what is below it, by its path and through their links.
 */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

/** Removes a file of a directory that nobody else could have exchanged. @throws as `openOwned` does */
export function removeOwn(path: string, options?: OwnedOptions): void {
  try {
    inOwned(path, (folder, name) => removeFile(folder.at(name)), options);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}
