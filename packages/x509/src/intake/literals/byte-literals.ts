import type { ByteLiteral } from './byte-literal.js';
import { dumps } from './dumps.js';
import { GrowingBytes } from './growing-bytes.js';
import { isText } from '../input-text.js';

/** Fewer bytes are no certificate and no key. */
const LEAST_BYTES = 32;
/** More values than a file that is read has. */
const MAX_FOUND = 20_001;

/** One byte as a language writes it, and what stands between two bytes. Both are sticky. */
interface Notation {
  /** Where DER may begin, a SEQUENCE and its length, or PEM, with five dashes. It ends with the digits of the first byte. */
  readonly start: RegExp;
  /** Where text may begin: characters of ASCII in a row. It ends as `start` does. */
  readonly text: RegExp;
  readonly byte: RegExp;
  readonly gap: RegExp;
  /** Digits of several bytes at once, where nothing stands between two of them. */
  readonly run?: RegExp;
  readonly radix: 8 | 10 | 16;
}

/** 3082… of SQL, of dumps of databases, with or without a sign in front and a space, colon or line end between. */
const HEXADECIMAL: Notation = {
  start:
    /(?<![0-9a-z+/=])(?:0x|\\{1,4}x|x')?30(?=8[0-4](?:[0-9a-f]{2}){14}|(?:[0-9a-f]{2}){31})|2d(?=2d2d2d2d424547494e20)/gi,
  text: /(?<![0-9a-z/=])(?<![0-9a-z/=+]\+)(?:0x|\\{1,4}x|x')?(?:0[9ad]|1b|[2-7][0-9a-f]|[cd][0-9a-f](?=[89ab])|e[0-9a-f](?=(?:[89ab][0-9a-f]){2}))(?=(?:0[09ad]|1b|[2-7][0-9a-f]|[89a-f][0-9a-f]){31})/gi,
  byte: /([0-9a-f]{2})/iy,
  run: /(?:[0-9a-f]{2}){1,4096}/iy,
  gap: /["',\\]{0,3}\r?\n[ \t>#|+*;%/"'-]{0,16}(?=(?:[0-9a-f]{2}){1,64}(?![0-9a-z]))/iy,
  radix: 16,
};

const NOTATIONS: readonly Notation[] = [
  // 0x30, 0x82, … of C, Go, Java and JavaScript.
  {
    start:
      /(?<![\w])(?:0x|&H)(?:30(?=[\s,;]{1,64}(?:\(byte\)\s?)?(?:0x|&H)[0-9a-f]{1,2}\b)|2d(?=(?:[\s,;]{1,64}(?:\(byte\)\s?)?(?:0x|&H)2d\b){4}))/gi,
    text: /(?<![\w])(?:0x|&H)(?:0[9ad]|1b|[2-7][0-9a-f])(?=(?:[\s,;]{1,64}(?:\(byte\)\s?)?(?:0x|&H)(?:0[09ad]|1b|[2-7][0-9a-f])\b){7})/gi,
    byte: /(?:0x|&H)([0-9a-f]{1,2})(?![0-9a-f])/iy,
    // Comments number the bytes of a row.
    gap: /(?:[\s,;]|\(byte\)|\/\*[^*\n]{0,64}\*\/|\/\/[^\n]{0,64}\n){1,64}/iy,
    radix: 16,
  },
  // 30,82,… of the Windows registry, 30:82:… of OpenSSL, 30-82-… of .NET, 30 82 … of Python and Node.
  {
    start: /(?<![0-9a-z])(?:30(?=([,: -])[0-9a-f]{2}\1[0-9a-f]{2}\1[0-9a-f]{2}[,:\s-])|2d(?=(?:[,: -]2d){4}[,:\s-]))/gi,
    text: /(?<![0-9a-z])(?:0[9ad]|1b|[2-7][0-9a-f])(?=([,: -])(?:0[09ad]|1b|[2-7][0-9a-f])(?:\1(?:0[09ad]|1b|[2-7][0-9a-f])){6}[,:\s-])/gi,
    byte: /([0-9a-f]{2})(?![0-9a-f])/iy,
    gap: /[,:\s-][\s\\]{0,64}/y,
    radix: 16,
  },
  // 30820303 308201EB … of routers, in groups of 4, 8 or 16 digits.
  {
    start:
      /(?<![0-9a-z+/=])30(?=8[0-4](?:[0-9a-f]{4}){0,3}[ \t]{1,8}(?:[0-9a-f]{4}){1,4}[ \t]{1,8}(?:[0-9a-f]{4}){1,4}\s)/gi,
    text: /(?<![0-9a-z+/=])(?:0[9ad]|[2-7][0-9a-f])(?=(?:(?:0[9ad]|[2-7][0-9a-f])){3,7}[ \t]{1,8}(?:(?:0[9ad]|[2-7][0-9a-f])){4,8}[ \t]{1,8}(?:(?:0[9ad]|[2-7][0-9a-f])){4,8}\s)/gi,
    byte: /([0-9a-f]{2})/iy,
    run: /(?:[0-9a-f]{2}){1,4096}/iy,
    gap: /\s{1,64}(?=(?:[0-9a-f]{2}){1,8}(?![0-9a-z]))/iy,
    radix: 16,
  },
  // 48, 130, … of JSON; with signs of Java, and without commas of Go.
  {
    start:
      /(?<![\w.+-])(?:48(?=(?:\s{0,64},\s{0,64}|\s{1,64})-?\d{1,3}(?:\s{0,64},|\s{1,64}-?\d))|45(?=(?:(?:\s{0,64},\s{0,64}|\s{1,64})45\b){4}))/g,
    text: /(?<![\w.+-])(?:9|1[03]|27|3[2-9]|[4-9]\d|1[01]\d|12[0-6])(?=(?:(?:\s{0,64},\s{0,64}|\s{1,64})(?:0|9|1[03]|27|3[2-9]|[4-9]\d|1[01]\d|12[0-6])\b){7})/g,
    byte: /(-?\d{1,3})(?![\w.])/y,
    gap: /\s{0,64},\s{0,64}|\s{1,64}/y,
    radix: 10,
  },
  HEXADECIMAL,
  // \060\202… in lines of 16, without quotation marks: the roots of Mozilla.
  {
    start: /(?<!["'`])\\0(?:60(?=(?:\s{0,8}\\[0-3][0-7]{2}){2})|55(?=(?:\s{0,8}\\055){4}))/g,
    text: /\\(?:01[125]|033|0[4-7][0-7]|1[0-7]{2})(?=(?:\s{0,8}\\(?:000|01[125]|033|0[4-7][0-7]|1[0-7]{2})){7})/g,
    byte: /\\([0-3][0-7]{2})/y,
    gap: /\s{1,64}/y,
    radix: 8,
  },
];

/**
 * Finds DER and PEM that stand in text as a list of bytes: hexadecimal, decimal, escapes of string literals, and dumps of it.
 * Whether it is whole is not looked at.
 */
export function byteLiterals(text: string): ByteLiteral[] {
  const found = NOTATIONS.flatMap((notation) => listsOf(text, notation.start, notation));
  return [...found, ...escapedLiterals(text), ...dumps(text)].filter(({ bytes }) => bytes.length >= LEAST_BYTES);
}

/** The digits of one byte, at the end of what begins a list. */
const LAST_BYTE = { 8: /[0-7]{3}$/, 10: /\d{1,3}$/, 16: /[0-9a-f]{2}$/i } as const;

function listsOf(text: string, start: RegExp, { byte, gap, run, radix }: Notation): ByteLiteral[] {
  const found: ByteLiteral[] = [];
  start.lastIndex = 0;
  for (let begin = start.exec(text); begin && found.length < MAX_FOUND; begin = start.exec(text)) {
    const bytes = new GrowingBytes();
    bytes.push(Number.parseInt(LAST_BYTE[radix].exec(begin[0])?.[0] ?? '', radix));
    let at = begin.index + begin[0].length;
    for (;;) {
      gap.lastIndex = at;
      const from = at + (gap.exec(text)?.[0].length ?? 0);
      if (run) {
        run.lastIndex = from;
        const [digits] = run.exec(text) ?? [];
        if (digits === undefined) break;
        bytes.append(Buffer.from(digits, 'hex'));
        at = run.lastIndex;
        continue;
      }
      byte.lastIndex = from;
      const next = byte.exec(text);
      const value = next ? Number.parseInt(next[1] ?? '', radix) : Number.NaN;
      if (!(value >= -128 && value <= 255)) break;
      bytes.push(value & 0xff);
      at = byte.lastIndex;
    }
    found.push({ from: begin.index, to: at, bytes: bytes.whole() });
    start.lastIndex = at;
  }
  return found;
}

/**
 * Finds text that stands in a text as a list of bytes. A list that begins like text and goes on with something else may hold
 * DER behind it, which {@link byteLiterals} finds.
 */
export function textLiterals(text: string): ByteLiteral[] {
  return textsIn(text, NOTATIONS);
}

/** As {@link textLiterals}, in a text of nothing but digits. */
export function hexLiterals(text: string): ByteLiteral[] {
  return textsIn(text, [HEXADECIMAL]);
}

function textsIn(text: string, notations: readonly Notation[]): ByteLiteral[] {
  return notations
    .flatMap((notation) => listsOf(text, notation.text, notation))
    .filter(({ bytes }) => bytes.length >= LEAST_BYTES && isText(bytes));
}

/** A literal whose first byte is a SEQUENCE and that has escapes of bytes near its start. */
const ESCAPED = /["'`](?:0|\\x30|\\0?60)(?=[^"'`]{0,12}\\(?:x[0-9a-f]{2}|[0-3][0-7]{2}))/gi;
const ESCAPE = /\\x([0-9a-f]{2})|\\([0-3]?[0-7]{1,2})|\\\r?\n[ \t]{0,64}|\\([abefnrtv\\"'`])|([^\\"'`\r\n])/iy;
/** The end of a literal and the start of one that goes on. */
const JOINT = /["'`]\s{0,64}(?:[+.&]|\|\||\\)?\s{0,64}b?["'`]/y;
const CONTROL: Readonly<Record<string, number>> = { a: 7, b: 8, e: 27, f: 12, n: 10, r: 13, t: 9, v: 11 };

function escapedLiterals(text: string): ByteLiteral[] {
  const found: ByteLiteral[] = [];
  ESCAPED.lastIndex = 0;
  for (let begin = ESCAPED.exec(text); begin && found.length < MAX_FOUND; begin = ESCAPED.exec(text)) {
    const quote = text[begin.index] ?? '"';
    const bytes = new GrowingBytes();
    let at = begin.index + 1;
    for (;;) {
      ESCAPE.lastIndex = at;
      const next = ESCAPE.exec(text);
      if (next) {
        const [, hex, octal, control, plain] = next;
        if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
        else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 0xff);
        else if (control !== undefined) bytes.push(CONTROL[control] ?? control.charCodeAt(0));
        else if (plain !== undefined) bytes.push(plain.charCodeAt(0) & 0xff);
        at = ESCAPE.lastIndex;
        continue;
      }
      JOINT.lastIndex = at;
      if (JOINT.test(text)) at = JOINT.lastIndex;
      // The other quotation marks are bytes like any.
      else if (text[at] !== quote && /["'`]/.test(text[at] ?? '')) bytes.push(text.charCodeAt(at++));
      else break;
    }
    found.push({ from: begin.index, to: at, bytes: bytes.whole() });
    ESCAPED.lastIndex = at;
  }
  return found;
}
