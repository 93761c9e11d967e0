import { isJavaKeystore } from '@trustcast/keystore';
import { decodeBase64Either, isPrintable } from './base64.js';
import { firstElement } from './der-items.js';

/** base64 of: a SEQUENCE with a length of two bytes or more, `-----`, `MII`, JKS, JCEKS, BKS and UBER. */
const START = /(?<![A-Za-z0-9+/_-])(?:MI[A-T]|LS0tLS|TUlJ|\/u3\+7Q|_u3-7Q|zs7Ozg|AAAAA[AQg]AAAB[Q-T])/g;
/** A run of digits that is longer than a word. */
const ANYTHING = /(?<![A-Za-z0-9+/_-])(?=[A-Za-z0-9+/_-]{64})/g;
/** Digits, and white space where they go on in the next line. */
const DIGITS = /[A-Za-z0-9+/_-]{1,65536}/y;
const GAP = /[ \t]{0,256}(?:\n[ \t]{0,256}(?:(?:[>#|*;%]|\/\/|--){1,4}[ \t]{1,8})?)?/y;
/** Literals that go on; signs of quotations and comments in front of a line. */
const JOINT = /(?:\\[rn]|\n){0,3}["'`][ \t]{0,64}[+.&\\]?[ \t]{0,64}\n?[ \t]{0,64}[+.&]?[ \t]{0,64}[b@]?["'`]/y;
const LAST = /^[ \t]{0,256}\n[ \t]{0,256}([A-Za-z0-9+/_-]{1,76})(?=\s|[<"'\\]|$)/;
/** Digits of the shortest line that programs break base64 into; words that look like DER have fewer. */
const LINE = 32;
const PADDING = /={1,2}/y;
const HEX = /^(?:[\s:,;]|0x|\\x)*30[\s:,;]{0,4}(?:0x|\\x)?8[0-4](?:(?:[\s:,;]|0x|\\x){0,16}[0-9a-f]{2}){8,}?/i;
/** More values than a file that is read has: what comes behind them is not looked at. */
const MAX_FOUND = 20_001;

/**
 * Finds DER, keystores and text in base64 that stand in something else: JSON (also `x5c`), YAML of Kubernetes, XML, LDIF,
 * `data:` URLs, headers of RFC 9440. DER says how long it is, so exactly as many digits are taken.
 */
export function wrappedBase64(text: string): Buffer[] {
  return valuesAt(text, START);
}

/** Finds text of any kind that stands in something else in base64: a file in a Secret, the header of a signed token. */
export function textsInBase64(text: string): Buffer[] {
  return valuesAt(text, ANYTHING);
}

function valuesAt(text: string, start: RegExp): Buffer[] {
  const found: Buffer[] = [];
  start.lastIndex = 0;
  for (let begin = start.exec(text); begin && found.length < MAX_FOUND; begin = start.exec(text)) {
    const value = valueAt(text, begin.index);
    if (value) found.push(value.bytes);
    // What is looked for may have no length.
    start.lastIndex = Math.max(value?.end ?? 0, begin.index + 1);
  }
  return found;
}

/** DER in hexadecimal, with colons, commas, spaces or prefixes of programming languages between its bytes. */
export function hexBytes(text: string): Buffer | undefined {
  if (!HEX.test(text.slice(0, 512))) return undefined;
  const digits = text.replace(/0x|\\x|[\s:,;{}()[\]"']/gi, '');
  return digits.length % 2 === 0 && !/[^0-9a-f]/i.test(digits) ? Buffer.from(digits, 'hex') : undefined;
}

function valueAt(text: string, start: number): { bytes: Buffer; end: number } | undefined {
  const wanted = wantedDigits(text.slice(start, start + 16));
  let digits = '';
  let at = start;
  for (;;) {
    DIGITS.lastIndex = at;
    const run = DIGITS.exec(text)?.[0];
    if (!run) break;
    digits += run;
    at += run.length;
    PADDING.lastIndex = at;
    const padding = PADDING.exec(text)?.[0];
    if (padding) {
      at += padding.length;
      break;
    }
    if (digits.length >= wanted) break;
    GAP.lastIndex = at;
    const gap = (wanted < Infinity && jointAt(text, at)) || (GAP.exec(text)?.[0] ?? '');
    // Only white space joins lines; in text whose length nobody knows, the next line must be as long as lines are.
    if (gap === '' || (wanted === Infinity && !isContinued(text, at + gap.length))) break;
    at += gap.length;
  }
  if (digits.length < LINE) return undefined;
  // The last line of text is shorter than the others, and need not have padding.
  const last =
    wanted === Infinity && digits.length >= LINE ? (LAST.exec(text.slice(at, at + 512)) ?? undefined) : undefined;
  const longer = last && !digits.includes('=') ? decodeBase64Either(digits + (last[1] ?? '')) : undefined;
  if (last && longer && isPrintable(longer.subarray(-(last[1] ?? '').length >> 1)))
    return { bytes: longer, end: at + last[0].length };
  // More digits in one run are more DER, or what was left behind it.
  const bytes = decodeBase64Either(digits) ?? decodeBase64Either(digits.slice(0, wanted));
  if (!bytes) return undefined;
  // BER of indefinite length ends where it says so.
  const isCutOff = wanted !== Infinity;
  const isBinary = isCutOff || isJavaKeystore(bytes) || firstElement(bytes) !== undefined;
  return isBinary || isPrintable(bytes.subarray(0, 64)) ? { bytes, end: at } : undefined;
}

/** What stands between two lines of DER, whose length shows whether it belonged there. */
function jointAt(text: string, at: number): string {
  JOINT.lastIndex = at;
  return JOINT.exec(text)?.[0] ?? '';
}

/** How many digits the DER has whose first ones are given; Infinity for anything else. */
function wantedDigits(first: string): number {
  if (!first.startsWith('MI')) return Infinity;
  const header = Buffer.from(first.replace(/[^A-Za-z0-9+/_-].*$/s, ''), 'base64');
  const count = (header[1] ?? 0) & 0x7f;
  if ((header[1] ?? 0) <= 0x80 || count > 4 || header.length < 2 + count) return Infinity;
  const length = 2 + count + header.readUIntBE(2, count);
  return Math.ceil((length * 4) / 3);
}

function isContinued(text: string, at: number): boolean {
  return /^[A-Za-z0-9+/_-]{32,}={0,2}(?:\s|$)|^[A-Za-z0-9+/_-]{1,76}={1,2}(?:\s|$)/.test(text.slice(at, at + 4_096));
}
