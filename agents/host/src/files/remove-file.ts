import { unlinkSync } from 'node:fs';
import { errnoOf } from '../errors.js';

/**
 * Removes a file, or nothing where none is. Not by `rmSync`: where somebody puts a directory in the file's place meanwhile,
 * that one removes what is below it, by its path and through their links.
 */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}
