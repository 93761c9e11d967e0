import { closeSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 64 * 1_024;

/**
 * The lines of a file of `/proc`, as Latin-1, one after the other: nothing is kept, and a file of any length costs no more
 * than its length. Ends without a word at `maxBytes`.
 */
export function* readLines(path: string, maxBytes: number): Generator<string, void> {
  const file = openSync(path, 'r');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let rest = '';
  try {
    for (let length = 0; length < maxBytes;) {
      const read = readSync(file, chunk, 0, chunk.length, null);
      if (read === 0) break;
      length += read;
      const text = rest + chunk.toString('latin1', 0, read);
      let from = 0;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
        yield text.slice(from, end);
        from = end + 1;
      }
      rest = text.slice(from);
    }
    if (rest !== '') yield rest;
  } finally {
    closeSync(file);
  }
}
