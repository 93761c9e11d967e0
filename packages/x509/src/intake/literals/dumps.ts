import type { ByteLiteral } from './byte-literal.js';
import { GrowingBytes } from './growing-bytes.js';

/** xxd, hexdump -C, od -t x1, certutil -encodehex: an address, bytes, and often the characters. */
const START = /(?<![0-9a-z])0{4,8}:?[ \t]{1,4}[0-9a-f]{2}[ ]?[0-9a-f]{2}[ ]/gi;
const ADDRESS = /(?<![0-9a-z])([0-9a-f]{4,8}):?[ \t]{1,4}(?=[0-9a-f]{2})/gi;
const ROW = /(?:[0-9a-f]{2}[ ]?){1,16}(?:[ ]{1,2}(?:[0-9a-f]{2}[ ]?){1,8})?/iy;
/** What quotations and comments put before a line. Behind anything else an address must be the next one. */
const MARGIN = /^[ \t>#|+*]{0,16}$/;
/** A line with it says something. */
const SAYING = /[A-Za-z0-9]/;
/** Characters between two rows. */
const MAX_BETWEEN = 64;
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
      // Some programs put an empty line between any two; of literals, quotation marks are left there.
      if (row === undefined && (line > to + MAX_BETWEEN || SAYING.test(text.slice(line, end)))) break;
      bytes.append(Buffer.from(row?.digits ?? '', 'hex'));
      // Where the line ends were lost, the next address shows where a row begins.
      const next =
        row && addressIn(text.slice(line + row.end, Math.min(end, line + row.end + MOST_OF_LINE)), bytes.length);
      line = row !== undefined && next !== undefined ? line + row.end + next : end + 1;
      if (row !== undefined) to = Math.min(line, text.length);
    }
    found.push({ from: begin.index, to, bytes: bytes.whole() });
    START.lastIndex = Math.max(to, begin.index + 1);
  }
  return found;
}

interface Row {
  readonly digits: string;
  /** Where its bytes end in the line; the characters that they show stand behind. */
  readonly end: number;
}

function rowOf(line: string, expected: number): Row | undefined {
  for (const { 0: address, 1: digits = '', index } of line.matchAll(ADDRESS)) {
    if (!isAddressOf(digits, expected) && !MARGIN.test(line.slice(0, index))) continue;
    ROW.lastIndex = index + address.length;
    const row = ROW.exec(line)?.[0];
    return row === undefined
      ? undefined
      : { digits: row.replaceAll(' ', '').slice(0, DIGITS_OF_ROW), end: ROW.lastIndex };
  }
  return undefined;
}

function addressIn(line: string, expected: number): number | undefined {
  for (const { 1: digits = '', index } of line.matchAll(ADDRESS)) if (isAddressOf(digits, expected)) return index;
  return undefined;
}

function isAddressOf(digits: string, expected: number): boolean {
  return [16, 8].some((radix) => Number.parseInt(digits, radix) === expected);
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}
