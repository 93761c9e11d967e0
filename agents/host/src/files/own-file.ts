import { readCarefully } from './careful-file.js';

/** No file of the state has more, but for the journal. */
const MAX_BYTES = 64 * 1_024 * 1_024;

/** Text of a file of the state: root may look into the directory of another user's agent. @throws as `readCarefully` */
export function readOwn(path: string): string {
  return readCarefully(path, { maxBytes: MAX_BYTES, links: false }).bytes.toString('utf8');
}
