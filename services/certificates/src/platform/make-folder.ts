import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { isErrno } from '@trustcast/config';

/**
 * Makes a folder and those that it is in, where they are missing. Node's recursive mkdir tries forever where the kernel
 * lets nobody make any, as in /proc.
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isErrno(error, 'EEXIST')) throw error;
  }
}
