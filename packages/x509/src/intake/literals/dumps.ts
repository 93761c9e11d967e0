import type { ByteLiteral } from './byte-literal.js';
import { GrowingBytes } from './growing-bytes.js';

/** xxd, hexdump -C, od -t x1, certutil -encodehex: an address, bytes, and often the characters. */
const START = /(?<![0-9a-z])0{4,8}:?[ \t]{1,4}[0-9a-f]{2}[ ]?[0-9a-f]{2}[ ]/gi;
const ADDRESS = /(?<![0-9a-z])([0-9a-f]{4,8}):?[ \t]{1,4}(?=[0-9a-f]{2})/gi;
const ROW = /(?:[0-9a-f]{2}[ ]?){1,16}(?:[ ]{1,2}(?:[0-9a-f]{2}[ ]?){1,8})?/iy;
/** What quotations and comments put before a line. Behind anything else an address must be the next one. */
const MARGIN = /^[ \t>#|+*]{0,16}$/;
/** Characters of a line that are looked at: what stands before an address, and a row. */
const MOST_OF_LINE = 240;
const DIGITS_OF_ROW = 32;
/** More values than a file that is read has. */
const MAX_FOUND = 20_001;

/** Dumps of bytes, line by line. The characters in their last column are parts of lines. */
export function dumps(text: string): ByteLiteral[] {
  const found: ByteLiteral[] = [];
  START.lastIndex = 0;
  for (let begin = START.exec(text); begin && found.length < MAX_FOUND; begin = START.exec(text)) {
    const bytes = new GrowingBytes();
    let to = begin.index;
    for (let line = to; line < text.length;) {
      const end = lineEnd(text, line);
      const row = rowOf(text.slice(line, Math.min(end, line + MOST_OF_LINE)), bytes.length);
      // Some programs put an empty line between any two.
      if (row === undefined && (line > to || text.slice(line, end).trim() !== '')) break;
      bytes.append(Buffer.from(row ?? '', 'hex'));
      line = end + 1;
      if (row !== undefined) to = Math.min(line, text.length);
    }
    found.push({ from: begin.index, to, bytes: bytes.whole() });
    START.lastIndex = Math.max(to, begin.index + 1);
  }
  return found;
}

function rowOf(line: string, expected: number): string | undefined {
  for (const { 0: address, 1: digits = '', index } of line.matchAll(ADDRESS)) {
    const isNext = [16, 8].some((radix) => Number.parseInt(digits, radix) === expected);
    if (!isNext && !MARGIN.test(line.slice(0, index))) continue;
    ROW.lastIndex = index + address.length;
    return ROW.exec(line)?.[0].replaceAll(' ', '').slice(0, DIGITS_OF_ROW);
  }
  return undefined;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}
