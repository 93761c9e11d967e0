import { closeSync, constants, openSync } from 'node:fs';
import { O_PATH } from './open-flags.js';

/**
 * An open directory, which stays the same whatever is renamed. Its entries are reached by {@link Folder.at}, until
 * {@link Folder.close}.
 */
export interface Folder {
  /** Path of an entry, through the open directory. */
  readonly at: (name: string) => string;
  readonly fd: number;
  readonly close: () => void;
}

/** @param links false refuses a link in the place of the directory itself. @throws the failed system call's error */
export function openFolder(path: string, { links = false } = {}): Folder {
  return folderOf(openSync(path, O_PATH | constants.O_DIRECTORY | (links ? 0 : constants.O_NOFOLLOW)));
}

/** The directory that is open there. */
export function folderOf(fd: number): Folder {
  // By pid and not as self: programs that are run are given such paths too.
  return { fd, at: (name) => `/proc/${process.pid}/fd/${fd}/${name}`, close: () => closeSync(fd) };
}
