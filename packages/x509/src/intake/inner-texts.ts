import type { ByteLiteral } from './literals/byte-literal.js';
import { hexLiterals, textLiterals } from './literals/byte-literals.js';
import { dumps } from './literals/dumps.js';
import { isText, textOf } from './input-text.js';
import { GrowingText, replaceEach, replaceRuns } from './large-text.js';
import { plainCharacters, unescaped } from './forms/text-forms.js';

/** Bounded, because a pattern that runs over megabytes overflows the stack. */
const BASE64_RUN = /[A-Za-z0-9+/_-]{16,65536}/g;
/** A line end, and what quotations and comments put before the next line. */
const LINE = /^[A-Za-z0-9+/_-]{16}$/;
const LINE_END = /\n[ \t>#|*+-]{0,64}(?=[A-Za-z0-9+/_-]{8})/g;
/** The digits of a line, whatever stands around them. */
const DIGITS_OF_LINE = /^[^\n]{0,160}?([A-Za-z0-9+/]{32,65536}={0,2}|(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{1,31}={0,2}$)/;
const LEAST_DIGITS = 32;
const LONGEST_LINE = 65_536;
/** A list of bytes in a form, whose blanks are plus signs. */
const PLUSES = /(?:(?:0x|\(byte\))?[0-9a-f]{1,4}[,;]?\+){8}/i;
const MOSTLY = 0.9;
/** A shorter text holds no other one that says anything. */
const LEAST = 64;

/** Text that was found in another one. */
export interface InnerText {
  /** Where it begins in the text that it was found in. */
  readonly at: number;
  readonly text: string;
}

/** Ways to see one text: as it stands, and without escapes of any kind and depth. */
export function sightsOf(given: string): string[] {
  const plain = plainCharacters(given);
  const read = unescaped(plain);
  const sights = read === plain ? [plain] : [plain, read];
  return sights.flatMap((text) => (PLUSES.test(text) ? [text, replaceRuns(text, /\+/g, ' ')] : [text]));
}

/**
 * Everything that a text may be taken for, which is more than it is read as: whoever looks for something that must not be missed looks
 * here. Base64 is found in lines or not and with anything around the lines; so are lists of bytes and dumps.
 *
 * @returns what is found for each way to join the lines of the text
 */
export function* innerTexts(text: string): Generator<Iterable<InnerText>> {
  if (text.length < LEAST) return;
  const lists = [...textsOf([...textLiterals(text), ...dumps(text)])];
  yield chain(runsOf(text, text), lists);
  const joined = replaceEach(text, LINE_END, (end, _, at) => (LINE.test(text.slice(at - 16, at)) ? '' : end));
  if (joined !== text) yield chain(runsOf(joined, text), lists);
  const core = coreOf(text);
  if (core === '' || core === joined || core === text) return;
  yield chain(
    runsOf(core, text),
    textsOf(hexLiterals(core), (at) => placeOf(core.slice(at, at + 64), text)),
  );
}

function* chain<Item>(...all: readonly Iterable<Item>[]): Generator<Item> {
  for (const each of all) yield* each;
}

function* runsOf(text: string, given: string): Generator<InnerText> {
  for (const { 0: whole, index } of text.matchAll(BASE64_RUN)) {
    const run = withoutSign(whole);
    if (isReadable(bytesOf(run.slice(0, 64))))
      yield { at: text === given ? index : placeOf(run, given), text: textOf(bytesOf(run)) };
  }
}

/** The sign of a diff, or the end of a name, is a digit too. */
function withoutSign(run: string): string {
  const signs = /^[+/_-]{0,2}/.exec(run)?.[0].length ?? 0;
  const starts = Array.from({ length: signs + 1 }, (_, sign) => run.slice(sign));
  return starts.find((digits) => isReadable(bytesOf(digits.slice(0, 64)))) ?? run;
}

function* textsOf(literals: readonly ByteLiteral[], place = (at: number) => at): Generator<InnerText> {
  for (const { from, bytes } of literals) if (isReadable(bytes)) yield { at: place(from), text: textOf(bytes) };
}

/** Where digits stand in the text that lines were taken from; its start where that is not found. */
function placeOf(digits: string, given: string): number {
  return Math.max(0, given.indexOf(digits.slice(0, 16)));
}

/** The digits of lines that follow one another, joined: what stands around them may differ from line to line. */
function coreOf(text: string): string {
  const core = new GrowingText();
  let isOpen = false;
  for (let from = 0; from < text.length;) {
    const to = lineEnd(text, from);
    const digits: string =
      to - from >= (isOpen ? 1 : LEAST_DIGITS) ? digitsOf(text.slice(from, Math.min(to, from + LONGEST_LINE))) : '';
    const isLine: boolean = isOpen ? digits !== '' : digits.length >= LEAST_DIGITS;
    if (isLine) core.push(digits);
    else if (isOpen && to > from) core.push('\n');
    isOpen = isLine || (isOpen && to === from);
    from = to + 1;
  }
  return core.whole();
}

function digitsOf(line: string): string {
  return DIGITS_OF_LINE.exec(line)?.[1] ?? '';
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
}

/** Whether bytes begin like text, though they may have a sign that text does not have. */
function isReadable(bytes: Buffer): boolean {
  const start = bytes.subarray(0, 48);
  return isText(start) || start.filter((byte) => byte >= 0x20 && byte < 0x7f).length >= start.length * MOSTLY;
}

function bytesOf(digits: string): Buffer {
  return Buffer.from(digits, 'base64');
}
