import type { ByteLiteral } from '../literals/byte-literal.js';
import { byteLiterals, textLiterals } from '../literals/byte-literals.js';
import { dumps } from '../literals/dumps.js';
import { isText, textOf, withSequences } from '../input-text.js';
import { replaceEach, replaceRuns } from '../large-text.js';
import { withoutLineMargins } from './line-margins.js';

/** A way in which text is written that is not PEM or base64 itself, and how it is undone. */
export interface TextForm {
  readonly name: string;
  /** What only stands in such text; all of it must be there. Every repetition is bounded. */
  readonly evidence: readonly RegExp[];
  /** What cannot stand in such text. */
  readonly unless?: RegExp;
  readonly read: (text: string) => string;
}

/** Means what the first group of a pattern found. */
const THE_SIGN = 'the sign';
/** Times that one form may lie in itself: JSON in JSON, an escaped entity. */
const MAX_NESTING = 3;

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  dash: '-',
  equals: '=',
  gt: '>',
  hyphen: '-',
  lt: '<',
  mdash: '-',
  nbsp: ' ',
  ndash: '-',
  newline: '\n',
  plus: '+',
  quot: '"',
  shy: '',
  sol: '/',
  tab: '\t',
};

const character = (digits: string, radix: number) => {
  const point = Number.parseInt(digits, radix);
  return point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd';
};

/**
 * Forms that are certain: their evidence stands neither in PEM nor in base64, so undoing them changes no certificate. In
 * the order in which programs put one around another, outermost first.
 */
export const TEXT_FORMS: readonly TextForm[] = [
  {
    name: 'Rich Text Format',
    evidence: [/^\s{0,64}\{\\rtf/],
    read: (text) =>
      replaceEach(
        text,
        /\\([\\{}])|\\'([0-9a-f]{2})|\\u(\d{1,5})[ ]?\??|\\(par|line|sect|page)(?![a-z])[ ]?\n?|\\(e[nm]dash)(?![a-z])[ ]?|\\[a-z]{1,32}-?\d{0,10}[ ]?|[{}]/gi,
        (_, [sign, hex, decimal, end, dash]) => {
          if (hex !== undefined) return character(hex, 16);
          if (decimal !== undefined) return character(decimal, 10);
          return sign ?? (end === undefined ? (dash === undefined ? '' : '-') : '\n');
        },
      ),
  },
  {
    name: 'margins of lines',
    evidence: [/\n/],
    read: withoutLineMargins,
  },
  {
    // A mail says so, or two lines in a row are as long as such lines are and end with the sign of a soft break.
    name: 'quoted-printable base64',
    evidence: [/Content-Transfer-Encoding:[ \t]{0,8}quoted-printable|(?:^|\n)[^\n]{70,80}=\n[^\n]{70,80}=\n/i],
    // It is undone once: a mail that has been read says so no longer.
    read: (text) =>
      quotedPrintable(text).replace(/(?<=Content-Transfer-Encoding:)[ \t]{0,8}quoted-printable/gi, ' 8bit'),
  },
  {
    // Bytes of text, not of DER: a Buffer in JSON, a column of bytes in a database, a dump.
    name: 'lists of bytes',
    evidence: [
      /(?:[0-9a-f]{2}[\s,:-]?){32}|(?:(?:0x|&H|-)?[0-9a-f]{1,3}[\s,;]{1,64}(?:\(byte\)\s?)?){16}|(?:\\[01][0-7]{2}\s{0,8}){8}|(?<![0-9a-z])0{4,8}:?[ \t]{1,4}[0-9a-f]{2}/i,
    ],
    read: (text) => withTextOf([...byteLiterals(text), ...textLiterals(text)], text),
  },
  {
    // RFC 3986 section 2.1, and form-urlencoded with + for a space; also what Envoy writes in X-Forwarded-Client-Cert.
    name: 'percent-encoding',
    // `%u` is of the old escape function of scripts.
    evidence: [/%(?:25){0,3}(?:u00)?(?:0[9AD]|[2-7][0-9A-F])/i],
    read: (text) =>
      // Where a plus sign is encoded, one that is not is a space.
      replaceEach(
        /BEGIN\+|%2B|%2C\+/i.test(text) ? replaceRuns(text, /\+/g, ' ') : text,
        /%(?:u([0-9a-f]{4})|([0-9a-f]{2}))/gi,
        (_, [long, short]) => character(long ?? short ?? '', 16),
      ),
  },
  {
    // Tags of HTML, SAML metadata and property lists end a line; base64 has neither < nor &.
    name: 'markup',
    evidence: [/&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});|<[a-z/!?][^<>]{0,512}>/i],
    read: (text) =>
      replaceEach(
        replaceEach(replaceEach(text, /<!\[CDATA\[|\]\]>|<!--/g, '\n'), TAGS, (tags) => attributeValues(tags)),
        /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi,
        (whole, [decimal, hex, name]) => {
          if (decimal !== undefined) return character(decimal, 10);
          if (hex !== undefined) return character(hex, 16);
          return ENTITIES[(name ?? '').toLowerCase()] ?? whole;
        },
      ),
  },
  {
    // RFC 2045 section 6.7. Base64 has = at its end only, so what follows it there is no digit.
    name: 'quoted-printable',
    evidence: [/=(?:3D|2B|2F|2D|0D|0A|20)/i],
    // A field of a header may begin with such digits; padding that is not encoded shows that nothing is.
    unless: /[A-Za-z0-9+/]={1,2}\s{1,8}[- ]{0,32}END[ _+]/i,
    read: quotedPrintable,
  },
  {
    name: 'quoted-printable line breaks',
    // What stands before END, such as the sign of a diff or the time of a log, is no digit that goes on.
    evidence: [/BEGIN/i, /[A-Za-z0-9+/]=[ \t]{0,8}\r?\n(?![^\n]{0,200}END[ _+])[A-Za-z0-9+/]/i],
    read: quotedPrintable,
  },
  {
    // A backslash at the end of a line continues it in YAML, C, shells and properties; YAML may begin the next with one.
    name: 'line continuation',
    evidence: [/\\\r?\n/],
    read: replacing([/\\\r?\n[ \t]{0,256}(?:\\(?![nrtux"'/\\]))?/g, '']),
  },
  {
    // Text in which so much is written so that nothing else can be meant.
    name: 'octal escapes',
    evidence: [/(?:\\{1,16}[01][0-7]{2}){4}/],
    read: replacing([/\\{1,16}([01][0-7]{2})/g, 8]),
  },
  {
    // JSON (RFC 8259 section 7), C, Java, Python, PHP, YAML; several backslashes where one literal lies in another.
    name: 'string escapes',
    evidence: [
      /\\{1,16}(?:u[0-9a-f]{4}|u\{[0-9a-f]|x[0-9a-f]{2}|0?12|0?15|0?53|0?57|0?75|[nrt/"'=+-])|[A-Za-z0-9+/=|-]`[nr]/i,
    ],
    read: replacing(
      [/\\{1,16}U([0-9A-Fa-f]{8})/g, 16],
      [/\\{1,16}u\{([0-9a-f]{1,6})\}/gi, 16],
      [/\\{1,16}u([0-9a-f]{4})/gi, 16],
      [/\\{1,16}x([0-9a-f]{2})/gi, 16],
      [/\\{1,16}(?:r\\{1,16}n|[nr]|0?15\\{1,16}0?12|0?12|0?15)|(?<=[A-Za-z0-9+/=|-])(?:`r)?`[nr]/g, '\n'],
      [/\\{1,16}0?(53|57|75)/g, 8],
      [/\\{1,16}t/g, '\t'],
      // Markdown has a backslash before signs of its own.
      [/\\{1,16}([/"'=: +-])/g, THE_SIGN],
    ),
  },
];

/** Reads patterns one after the other: what each stands for, or the number base of the code point that it gives. */
function replacing(...steps: readonly (readonly [RegExp, string | number])[]): (text: string) => string {
  return (text) =>
    steps.reduce(
      (read, [pattern, meaning]) =>
        replaceEach(read, pattern, (_, [digits = '']) => {
          if (typeof meaning === 'number') return character(digits, meaning);
          return meaning === THE_SIGN ? digits : meaning;
        }),
      text,
    );
}

/** Classes, identifiers and line numbers say nothing; a certificate shows in its words or its length. */
const TELLING_VALUE = /BEGIN|END|[A-Za-z0-9+/=_%-]{40}/i;

/** So many bytes in a row that are text are meant as text. */
const TELLING_LENGTH = 256;

/** Tags that nothing but blanks and a line end separates: they end one line, or as many as they have breaks. */
const TAGS = /(?:<[a-z/!?][^<>]{0,512}>[ \t]{0,32}\n?){1,8}/gi;

function attributeValues(tags: string): string {
  const values = [...tags.matchAll(/"([^"]{0,512})"|'([^']{0,512})'/g)].map((value) => value[1] ?? value[2] ?? '');
  const breaks = tags.match(/<br[\s/>]/gi)?.length ?? 1;
  return ['', ...values.filter((value) => TELLING_VALUE.test(value)), ''].join('\n').padEnd(breaks, '\n');
}

/** Puts PEM in the place of dumps of it. */
export function withoutDumps(text: string): string {
  return withTextOf(dumps(text), text);
}

function withTextOf(literals: readonly ByteLiteral[], text: string): string {
  const parts: string[] = [];
  let open = 0;
  for (const { from, to, bytes } of literals.toSorted((one, other) => one.from - other.from)) {
    if (from < open || !isText(bytes)) continue;
    const read = textOf(bytes);
    if (read.length < TELLING_LENGTH && !TELLING_VALUE.test(read)) continue;
    parts.push(text.slice(open, from), read);
    open = to;
  }
  return parts.length === 0 ? text : [...parts, text.slice(open)].join('\n');
}

function quotedPrintable(text: string): string {
  return replacing([/=[ \t]{0,8}\r?\n/g, ''], [/=([0-9a-f]{2})/gi, 16])(text);
}

/** Undoes every form that a text shows, and makes its characters those of PEM. @returns the text and the forms found */
export function readForms(text: string): { readonly text: string; readonly forms: readonly string[] } {
  const forms: string[] = [];
  let read = text;
  for (const form of TEXT_FORMS) {
    for (let depth = 0; depth < MAX_NESTING && isShown(form, read); depth++) {
      const next = form.read(read);
      if (next === read) break;
      if (depth === 0) forms.push(form.name);
      read = next;
    }
  }
  // Escapes of bytes give one character for each.
  return { text: plainCharacters(read === text ? read : withSequences(read)), forms };
}

function isShown({ evidence, unless }: TextForm, text: string): boolean {
  return evidence.every((sign) => sign.test(text)) && !unless?.test(text);
}

/** Escapes of every kind and depth, undone at once: nobody hides a key by writing it in another way. */
export function unescaped(text: string): string {
  let read = text;
  for (let depth = 0; depth < 6 && ESCAPE.test(read); depth++) {
    // First, because one may cut an escape in two.
    const next = replaceEach(replaceEach(read, SOFT_BREAKS, ''), ESCAPES, (whole, [hex, octal, decimal, name]) => {
      if (hex !== undefined) return character(hex, 16);
      if (octal !== undefined) return character(octal, 8);
      if (decimal !== undefined) return character(decimal, 10);
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
      return /[nr]/i.test(whole) ? '\n' : '';
    });
    if (next === read) break;
    read = next;
  }
  return read;
}

const ESCAPE =
  /(?:(?:%u|\\{1,16}u)00|\\{1,16}(?:x|u\{0{0,4}|U000000)|&#x0{0,4}|[%=])([0-9a-f]{2})[;}]?|\\{1,16}([0-3][0-7]{2})|&#(\d{1,7});|&([a-z]{2,8});|\\{1,16}[nrt]|(?:`r)?`[nr]|=[ \t]{0,8}\r?\n|\\{1,16}(?=["'/ ])/i;
const SOFT_BREAKS = /=[ \t]{0,8}\r?\n/g;
const ESCAPES = new RegExp(ESCAPE, 'gi');

/** Colours and other orders to a terminal. */
// eslint-disable-next-line no-control-regex -- ESC begins them
const TERMINAL = /\x1b(?:\[[0-9;?]{0,32}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,256}(?:\x07|\x1b\\)|[()][0-9A-B]|[=>])/g;

/** What no terminal and no editor shows, apart from the ends of lines. */
// eslint-disable-next-line no-control-regex -- they are meant
const CONTROLS = /[\x00-\x08\x0e-\x1f\x7f]/g;
const CONTROLS_SHOWN = new RegExp(CONTROLS, '');

/** Line ends of every kind become `\n`, spaces and dashes of every kind ASCII; characters that nobody sees go. */
export function plainCharacters(given: string): string {
  const orders = given.includes('\x1b') ? replaceEach(given, TERMINAL, '') : given;
  const text = CONTROLS_SHOWN.test(orders) ? replaceRuns(orders, CONTROLS, '') : orders;
  // The line end and the dashes between two blocks were lost.
  const lines = replaceEach(
    text.includes('\r') ? replaceRuns(text, /\r\n?/g, '\n', /\r\n/g) : text,
    /(END[ _+]{1,4}[A-Z0-9 ]{0,32}CERTIFICATE)(?=BEGIN[ _+])/gi,
    (end) => `${end}----------`,
  );
  // eslint-disable-next-line no-control-regex -- ASCII is what needs no further pass
  if (!/[^\x00-\x7f]|[\v\f]/.test(lines)) return lines;
  const visible = [
    [/[\v\f\u0085\u2028\u2029]/g, '\n'],
    [/\p{Cf}|\p{Default_Ignorable_Code_Point}|\ufffc|\u2800/gu, ''],
    [/\p{Zs}/gu, ' '],
    // Dashes, and what word processors, terminals and input methods put in their place.
    [/[\u2014\u2015\u2e3a]/g, '--'],
    [/[\p{Pd}\u2212\u2043\u02d7\u2500\u2501\u2504\u2505\u254c\u30fc\uff70]/gu, '-'],
  ] as const;
  const plain = visible.reduce((read, [pattern, meaning]) => replaceRuns(read, pattern, meaning), lines);
  return replaceEach(plain, /[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0));
}
