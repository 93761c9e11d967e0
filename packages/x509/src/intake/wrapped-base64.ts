import { isJavaKeystore } from '@trustcast/keystore';
import { decodeBase64Either } from './base64.js';
import { contentRow } from './content-row.js';
import { derHeader } from './der-header.js';
import { isText } from './input-text.js';
import { GrowingText, replaceRuns } from './large-text.js';
import { refusePrivateKeyElements } from './private-key.js';

/** A value that stands in a text, from its first digit to behind its last. */
export interface FoundValue {
  readonly from: number;
  readonly to: number;
  /** Whole elements, a keystore or text; null where it begins like a certificate and is not whole. */
  readonly bytes: Buffer | null;
  readonly problem: string | null;
  /** What there is of one that is not whole. */
  readonly start?: Buffer;
}

/** A run of digits that no other digit precedes. */
const START = /(?<![A-Za-z0-9+/_-])(?=[+/_-]{0,2}M[A-P][A-Za-z0-9+/_-]{14}|[A-Za-z0-9+/_-]{32})/g;
const DIGITS = /[A-Za-z0-9+/_-]{1,65536}/y;
const GAP = /[ \t]{0,256}(?:\n[ \t]{0,256}(?:(?:[>#|*;%]|\/\/|--){1,4}[ \t]{1,8})?)?/y;
/** Characters between the quotation marks of two literals that are one. */
const MAX_JOINT = 200;
/** A line that goes on with text: as long as lines are, or the last one. */
const CONTINUED = /[A-Za-z0-9+/_-]{32,65536}={0,2}(?=\s|[<"'\\]|$)|[A-Za-z0-9+/_-]{1,76}={1,2}(?=\s|[<"'\\]|$)/y;
/** The last line of text is shorter than the others, and need not have padding. */
const LAST = /[A-Za-z0-9+/_-]{1,76}(?=\s|[<"'\\]|$)/y;
/** Digits of one match; more follow at once. */
const MAX_RUN = 65_536;
const PADDING = /={1,2}/y;
/** PEM that begins where a line of base64 begins is another value, or stands behind a whole block. */
const BLOCK = /^-{1,5}[ ]?BEGIN[ _+]/i;
/** The line before, where it is one of a text that was folded. */
const FOLDED = /(?<![A-Za-z0-9+/_-])([A-Za-z0-9+/_-]{16,80})[^A-Za-z0-9+/_-]{1,32}$/;
/** JKS, JCEKS, BKS and UBER in base64. */
const STORE = /^(?:\/u3\+7Q|_u3-7Q|zs7Ozg|AAAAA[AQg]AAAB[Q-T])/;
const HEX = /^(?:[\s:,;]|0x|\\x)*30[\s:,;]{0,4}(?:0x|\\x)?8[0-4](?:(?:[\s:,;]|0x|\\x){0,16}[0-9a-f]{2}){8,}?/i;
/** More values than a file that is read has: what comes behind them is not looked at. */
const MAX_FOUND = 20_001;
const SHORT = 'its base64 ends before the certificate does, or has a character that is not base64';

/**
 * Finds DER, keystores and text in base64 that stand in something else: JSON (also `x5c`), YAML of Kubernetes, XML, LDIF,
 * `data:` URLs, headers of RFC 9440. DER says how long it is, so exactly as many digits are taken, and what goes on behind them
 * is told. The search goes on behind what it looked at, so that each character is read a fixed number of times.
 */
export function wrappedBase64(text: string): FoundValue[] {
  const found: FoundValue[] = [];
  START.lastIndex = 0;
  for (let begin = START.exec(text); begin && found.length < MAX_FOUND; begin = START.exec(text)) {
    const value = valueAt(text, begin.index);
    if (value?.bytes !== undefined) found.push(value as FoundValue);
    START.lastIndex = Math.max(value?.to ?? 0, begin.index + 1);
  }
  return found;
}

/** DER in hexadecimal, with colons, commas, spaces or prefixes of programming languages between its bytes. */
export function hexBytes(text: string): Buffer | undefined {
  if (!HEX.test(text.slice(0, 512))) return undefined;
  const digits = replaceRuns(text, /0x|\\x|[\s:,;{}()[\]"']/gi, '', /0x|\\x/gi);
  return digits.length % 2 === 0 && !/[^0-9a-f]/i.test(digits) ? Buffer.from(digits, 'hex') : undefined;
}

interface Looked {
  readonly from: number;
  readonly to: number;
  readonly bytes?: Buffer | null;
  readonly problem?: string | null;
  readonly start?: Buffer;
}

function valueAt(text: string, from: number): Looked | undefined {
  const start = text.slice(from, from + 128);
  const header = headerOf(start);
  if (header) return derAt(text, from, header);
  // The sign of a diff, or the end of a name, before the first digit.
  const signs = /^[+/_-]{0,2}/.exec(start)?.[0].length ?? 0;
  for (let sign = 1; sign <= signs; sign++) {
    const signed = headerOf(start.slice(sign));
    if (signed) return derAt(text, from + sign, signed);
  }
  for (let sign = 0; sign <= signs; sign++)
    if ((sign === 0 && STORE.test(start)) || isText(startOf(start.slice(sign)))) return textAt(text, from + sign);
  return undefined;
}

function startOf(start: string): Buffer {
  const digits = /^[A-Za-z0-9+/_-]{0,128}/.exec(start)?.[0] ?? '';
  return Buffer.from(digits.slice(0, digits.length - (digits.length % 4)), 'base64');
}

interface Header {
  /** Digits of the element; Infinity for BER that ends where it says so. */
  readonly digits: number;
  readonly isCertificate: boolean;
}

function headerOf(start: string): Header | undefined {
  const header = /^M[A-P]/.test(start) ? derHeader(startOf(start)) : undefined;
  return header && { digits: Math.ceil((header.length * 4) / 3), isCertificate: header.isCertificate };
}

function derAt(text: string, from: number, { digits: wanted, isCertificate }: Header): Looked {
  if (wanted === Infinity) return textAt(text, from);
  // No certificate holds another; PKCS#7 does, and may have one at the start of a line.
  const isNext = (at: number) => isCertificate && headerOf(text.slice(at, at + 128))?.isCertificate === true;
  const isMore = (got: number, at: number) => got < wanted && !isNext(at);
  const { digits, to } = isCertificate ? collectLines(text, from, wanted, isMore) : collect(text, from, isMore);
  const short = { from, to, bytes: null, problem: SHORT, start: Buffer.from(digits, 'base64') };
  if (digits.length < wanted) return isCertificate ? short : { from, to };
  const isPadded = text[to - 1] === '=';
  if (digits.length > wanted || (!isPadded && goesOn(text, to))) return rowAt(text, from, isCertificate);
  const bytes = decodeBase64Either(digits);
  if (bytes) return { from, to, bytes, problem: null };
  return isCertificate ? short : { from, to };
}

/** More digits than one element has are more elements, or do not belong there. */
function rowAt(text: string, from: number, isCertificate: boolean): Looked {
  const { digits, to } = collect(text, from, (_, at) => isContinued(text, at));
  const bytes = decodeBase64Either(digits);
  const row = bytes ? contentRow(bytes) : undefined;
  if (bytes && row?.known && row.leftOver === 0) return { from, to, bytes, problem: null };
  if (bytes) refusePrivateKeyElements(bytes);
  if (!isCertificate) return { from, to };
  const what = row?.known ? `${row.leftOver} bytes` : 'characters';
  return {
    from,
    to,
    bytes: null,
    problem: `${what} are left over behind the certificate: a line is repeated, or something stands in its base64`,
  };
}

function textAt(text: string, from: number): Looked {
  const { digits, to } = collect(text, from, (_, at) => isContinued(text, at));
  const isPadded = text[to - 1] === '=';
  const last = isPadded ? '' : lastLine(text, to);
  const longer = last === '' ? undefined : decodeBase64Either(digits + last.trim());
  const bytes = longer ?? decodeBase64Either(digits) ?? Buffer.from(digits, 'base64');
  const end = longer ? to + last.length : to;
  if (!isJavaKeystore(bytes) && !isText(bytes) && !contentRow(bytes).known) return { from, to: end };
  return { from, to: end, bytes, problem: null };
}

/** Digits from a place on; over the lines of a list, if that gives exactly as many as are wanted and a line alone does not. */
function collectLines(
  text: string,
  from: number,
  wanted: number,
  isMore: (digits: number, at: number) => boolean,
): { digits: string; to: number } {
  const found = collect(text, from, isMore);
  if (found.digits.length >= wanted || !LISTED.test(text.slice(found.to, found.to + MAX_JOINT))) return found;
  const listed = collect(text, from, isMore, listedGapAt);
  return listed.digits.length === wanted ? listed : found;
}

/** The end of a line and the start of the next one, in a list of JSON or of a program. */
const LISTED = /^(["'`]),\s{1,100}["'`]|^(["'`]),["'`]/;

function listedGapAt(text: string, at: number): number {
  return LISTED.exec(text.slice(at, at + MAX_JOINT))?.[0].length ?? gapAt(text, at);
}

/** Digits from a place on, over white space and joints, as long as they go on. */
function collect(
  text: string,
  from: number,
  isMore: (digits: number, at: number) => boolean,
  gapOf: (text: string, at: number) => number = gapAt,
): { digits: string; to: number } {
  const digits = new GrowingText();
  let count = 0;
  let at = from;
  for (;;) {
    DIGITS.lastIndex = at;
    const run = DIGITS.exec(text)?.[0];
    if (!run) break;
    digits.push(run);
    count += run.length;
    at += run.length;
    if (run.length === MAX_RUN) continue;
    PADDING.lastIndex = at;
    const padding = PADDING.exec(text)?.[0];
    if (padding) {
      at += padding.length;
      break;
    }
    const gap = gapOf(text, at);
    if (gap === 0 || !isMore(count, at + gap)) break;
    at += gap;
  }
  return { digits: digits.whole(), to: at };
}

function gapAt(text: string, at: number): number {
  const joint = jointAt(text, at);
  if (joint > 0) return joint;
  GAP.lastIndex = at;
  return GAP.exec(text)?.[0].length ?? 0;
}

/** Length of what stands between two literals of a program that are one: quotation marks, an operator, a line end. */
function jointAt(text: string, from: number): number {
  let at = from;
  for (let ends = 0; ends < 3; ends++) {
    if (text[at] === '\n') at++;
    else if (text[at] === '\\' && /[rn]/.test(text[at + 1] ?? '')) at += 2;
  }
  if (!/["'`]/.test(text[at] ?? '')) return 0;
  let [lines, operators] = [0, 0];
  for (at++; at < from + MAX_JOINT; at++) {
    const character = text[at] ?? '';
    if (/["'`]/.test(character)) return at + 1 - from;
    if (character === '\n') lines++;
    else if (/[+.&\\]/.test(character)) operators++;
    else if (!/[ \tb@]/.test(character)) return 0;
    if (lines > 1 || operators > 2) return 0;
  }
  return 0;
}

function isContinued(text: string, at: number): boolean {
  CONTINUED.lastIndex = at;
  return CONTINUED.test(text) && !isNextValue(text, at);
}

/** Whether a line begins like another certificate or block. Text that was folded has any part of it at the start of a line. */
function isNextValue(text: string, at: number): boolean {
  const start = text.slice(at, at + 128);
  if (headerOf(start)?.isCertificate === true) return true;
  if (!BLOCK.test(startOf(start).toString('latin1'))) return false;
  const width = FOLDED.exec(text.slice(Math.max(0, at - 128), at))?.[1]?.length;
  return width === undefined || width % 4 !== 0 || /^[A-Za-z0-9+/_-]{1,128}/.exec(start)?.[0].length !== width;
}

/** Whether a line that belongs to the same base64 follows. */
function goesOn(text: string, at: number): boolean {
  const gap = gapAt(text, at);
  return text.slice(at, at + gap).includes('\n') && isContinued(text, at + gap);
}

function lastLine(text: string, at: number): string {
  const gap = gapAt(text, at);
  if (!text.slice(at, at + gap).includes('\n')) return '';
  if (isNextValue(text, at + gap)) return '';
  LAST.lastIndex = at + gap;
  const last = LAST.exec(text)?.[0];
  if (last === undefined) return '';
  const bytes = Buffer.from(last, 'base64');
  return isText(bytes) ? text.slice(at, at + gap + last.length) : '';
}
