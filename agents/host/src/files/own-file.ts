import { readCarefully } from './careful-file.js';
import type { Folder } from './open-folder.js';

/** Maximum size of a state file other than the journal. */
const MAX_BYTES = 64 * 1_024 * 1_024;

/** Text of a file of the state: root may look into the directory of another user's agent. @throws as `readCarefully` */
export function readOwn(path: string): string {
  return readCarefully(path, { maxBytes: MAX_BYTES, links: false }).bytes.toString('utf8');
}

/** The same of a directory that is open, whatever has its name by now. @throws as `readCarefully` */
export function readOwnIn(folder: Folder, name: string): string {
  const caution = { from: folder.at('.'), maxBytes: MAX_BYTES, links: false };
  return readCarefully(name, caution).bytes.toString('utf8');
}
