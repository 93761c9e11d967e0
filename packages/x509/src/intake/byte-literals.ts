/** Fewer bytes are no certificate and no key. */
const LEAST_BYTES = 32;
/** More values than a file that is read has. */
const MAX_FOUND = 20_001;

/** One byte as a language writes it, and what stands between two bytes. Both are sticky. */
interface Notation {
  /** Where DER may begin: a SEQUENCE and its length. */
  readonly start: RegExp;
  readonly byte: RegExp;
  readonly gap: RegExp;
  readonly radix: 8 | 10 | 16;
}

const NOTATIONS: readonly Notation[] = [
  // 0x30, 0x82, … of C, Go, Java and JavaScript.
  {
    start: /(?<![\w])(?:0x|&H)30(?=[\s,;]{1,64}(?:\(byte\)\s?)?(?:0x|&H)[0-9a-f]{1,2}\b)/gi,
    byte: /(?:0x|&H)([0-9a-f]{1,2})(?![0-9a-f])/iy,
    gap: /(?:[\s,;]|\(byte\)){1,64}/iy,
    radix: 16,
  },
  // 30,82,… of the Windows registry, 30:82:… of OpenSSL.
  {
    start: /(?<![0-9a-z])30(?=[,:][0-9a-f]{2}[,:][0-9a-f]{2}[,:])/gi,
    byte: /([0-9a-f]{2})(?![0-9a-f])/iy,
    gap: /[,:][\s\\]{0,64}/iy,
    radix: 16,
  },
  // 30820303 308201EB … of routers, in groups of 4, 8 or 16 digits.
  {
    start:
      /(?<![0-9a-z+/=])30(?=8[0-4](?:[0-9a-f]{4}){0,3}[ \t]{1,8}(?:[0-9a-f]{4}){1,4}[ \t]{1,8}(?:[0-9a-f]{4}){1,4}\s)/gi,
    byte: /([0-9a-f]{2})/iy,
    gap: /\s{1,64}(?=(?:[0-9a-f]{2}){1,8}(?![0-9a-z]))/iy,
    radix: 16,
  },
  // 48, 130, … of JSON; with signs of Java.
  {
    start: /(?<![\w.+-])48(?=\s{0,64},\s{0,64}-?\d{1,3}\s{0,64},)/g,
    byte: /(-?\d{1,3})(?![\w.])/y,
    gap: /\s{0,64},\s{0,64}/y,
    radix: 10,
  },
  // 3082… of SQL, of dumps of databases, with or without a sign in front and a space, colon or line end between.
  {
    start: /(?<![0-9a-z+/=])(?:0x|\\{1,4}x|x')?30(?=(?:[0-9a-f]{2}){31})/gi,
    byte: /([0-9a-f]{2})/iy,
    gap: /(?!)/y,
    radix: 16,
  },
];

/**
 * Finds DER that stands in text as a list of bytes: hexadecimal, decimal, escapes of string literals, and dumps of it. Whether
 * it is whole is not looked at.
 */
export function byteLiterals(text: string): Buffer[] {
  const found = NOTATIONS.flatMap((notation) => listsOf(text, notation));
  return [...found, ...escapedLiterals(text), ...dumps(text)].filter(({ length }) => length >= LEAST_BYTES);
}

function listsOf(text: string, { start, byte, gap, radix }: Notation): Buffer[] {
  const found: Buffer[] = [];
  start.lastIndex = 0;
  for (let begin = start.exec(text); begin && found.length < MAX_FOUND; begin = start.exec(text)) {
    const bytes: number[] = [0x30];
    let at = begin.index + begin[0].length;
    for (;;) {
      gap.lastIndex = at;
      byte.lastIndex = at + (gap.exec(text)?.[0].length ?? 0);
      const next = byte.exec(text);
      const value = next ? Number.parseInt(next[1] ?? '', radix) : Number.NaN;
      if (!(value >= -128 && value <= 255)) break;
      bytes.push(value & 0xff);
      at = byte.lastIndex;
    }
    found.push(Buffer.from(bytes));
    start.lastIndex = at;
  }
  return found;
}

/** A literal whose first byte is a SEQUENCE and that has escapes of bytes near its start. */
const ESCAPED = /["'`](?:0|\\x30|\\0?60)(?=[^"'`]{0,12}\\(?:x[0-9a-f]{2}|[0-3][0-7]{2}))/gi;
const ESCAPE = /\\x([0-9a-f]{2})|\\([0-3]?[0-7]{1,2})|\\\r?\n[ \t]{0,64}|\\([abefnrtv\\"'`])|([^\\"'`\r\n])/iy;
/** The end of a literal and the start of one that goes on. */
const JOINT = /["'`]\s{0,64}(?:[+.&]|\|\||\\)?\s{0,64}b?["'`]/y;
const CONTROL: Readonly<Record<string, number>> = { a: 7, b: 8, e: 27, f: 12, n: 10, r: 13, t: 9, v: 11 };

function escapedLiterals(text: string): Buffer[] {
  const found: Buffer[] = [];
  ESCAPED.lastIndex = 0;
  for (let begin = ESCAPED.exec(text); begin && found.length < MAX_FOUND; begin = ESCAPED.exec(text)) {
    const quote = text[begin.index] ?? '"';
    const bytes: number[] = [];
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
    found.push(Buffer.from(bytes));
    ESCAPED.lastIndex = at;
  }
  return found;
}

/** xxd, hexdump -C, od, certutil -encodehex: an address, bytes, and often the characters. */
const DUMP_START = /^[ \t]{0,16}0{4,8}:?[ \t]{1,4}30[ ]?[0-9a-f]{2}[ ]/gim;
const DUMP_LINE =
  /[ \t]{0,16}[0-9a-f]{4,8}:?[ \t]{1,4}((?:[0-9a-f]{2}[ ]?){1,16}(?:[ ]{1,2}(?:[0-9a-f]{2}[ ]?){1,8})?)[^\n]{0,64}(?:\n|$)/iy;

function dumps(text: string): Buffer[] {
  const found: Buffer[] = [];
  DUMP_START.lastIndex = 0;
  for (let begin = DUMP_START.exec(text); begin && found.length < MAX_FOUND; begin = DUMP_START.exec(text)) {
    const digits: string[] = [];
    let at = begin.index;
    for (;;) {
      DUMP_LINE.lastIndex = at;
      const line = DUMP_LINE.exec(text);
      if (!line) break;
      digits.push((line[1] ?? '').replaceAll(' ', '').slice(0, 32));
      at = DUMP_LINE.lastIndex;
    }
    found.push(Buffer.from(digits.join(''), 'hex'));
    DUMP_START.lastIndex = Math.max(at, begin.index + 1);
  }
  return found;
}
