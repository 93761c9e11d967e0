import { decodeBase64Either, isPrintable } from './base64.js';
import { firstElement } from './der-items.js';

/** Bytes of a block, or the place at which it stops being base64. */
export type BlockBody =
  { readonly bytes: Buffer; readonly problem: null } | { readonly bytes: null; readonly problem: string };

/** RFC 1421 section 4.6: fields before an empty line; OpenSSL, PGP tools and mail put them there. */
const HEADERS =
  /^\n{0,4}(?:[A-Za-z][A-Za-z0-9-]{0,60}:[^\n]{0,1024}\n(?:[ \t][^\n]{0,1024}\n){0,64}){1,64}[ \t]{0,64}\n/;
const DIGITS = /[A-Za-z0-9+/=]{1,65536}/g;
/** A line of base64 that is long enough to show what stands around each line. */
const TELLING_LINE = 16;

/**
 * Decodes what stands between the dashes.
 *
 * Base64 is read first. Where that gives nothing complete, every line may have something around it that its neighbours
 * have too: quoting of mails and comments, numbers, quotation marks and operators of programs, the + of a diff. What is
 * then read counts only if it is exactly one element: a digit too many or too few changes the length that DER gives.
 */
export function blockBody(body: string, prefix: string): BlockBody {
  const strict = decodeBase64Either(body);
  if (strict && (firstElement(strict) !== undefined || isPrintable(strict.subarray(0, 64))))
    return { bytes: strict, problem: null };
  const candidates = [
    body.replace(HEADERS, ''),
    withoutPrefix(body, prefix),
    withoutDecoration(body),
    withoutJoints(body),
  ];
  for (const lines of candidates) {
    const bytes = lines === undefined ? undefined : decodeBase64Either(lines);
    if (bytes && firstElement(bytes)?.length === bytes.length) return { bytes, problem: null };
  }
  return strict ? { bytes: strict, problem: null } : { bytes: null, problem: firstProblem(body) };
}

/** What stands before BEGIN and before every other line: the sign of a comment, the + of a line that a diff adds. */
function withoutPrefix(body: string, prefix: string): string | undefined {
  const sign = prefix.trimEnd();
  const lines = body.split('\n').filter((line) => line.trim() !== '' && line.trimEnd() !== sign);
  if (sign === '' || !lines.every((line) => line.startsWith(sign))) return undefined;
  return lines.map((line) => line.slice(sign.length)).join('\n');
}

function withoutDecoration(body: string): string | undefined {
  const lines = body.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.map(longestRun).find((run) => run.digits.length >= TELLING_LINE);
  // A line that a diff removes says what no longer is.
  if (!telling || telling.before === '-') return undefined;
  const before = shapeOf(telling.before);
  const after = shapeOf(telling.after);
  const alike = new RegExp(`^${before}([A-Za-z0-9+/=]{1,65536})${after}$`);
  // What is left of the lines with the dashes: an opening quotation mark, an operator.
  const empty = new RegExp(`^(?:${before})?(?:${after})?$`);
  const digits: string[] = [];
  for (const [index, line] of lines.entries()) {
    // What is left of the line with BEGIN: the end of a literal or of a command.
    if (index === 0 && !alike.test(line) && longestRun(line).digits.length < TELLING_LINE) continue;
    const run = alike.exec(line)?.[1] ?? (empty.test(line) ? '' : longestRun(line).digits);
    // A long line that differs from its neighbours was changed, not decorated.
    if (run.length >= TELLING_LINE && !alike.test(line)) return undefined;
    // Operators and stray letters between literals are no line of their own.
    if (run.length > 1) digits.push(run);
  }
  return digits.join('\n');
}

/** Literals in one line, with or without operators between them. */
function withoutJoints(body: string): string | undefined {
  const start = body.search(/M[A-P][A-Za-z0-9+/]{2}/);
  if (start === -1 || !/["'`]/.test(body)) return undefined;
  return body
    .slice(start)
    .replace(/["'`](?:[\s,;()]{0,64}(?:[+.&]|\|\|)?[\s,;()]{0,64})@?b?["'`]/g, '')
    .replace(/["'`][^A-Za-z0-9]{0,64}$/, '');
}

interface Run {
  readonly before: string;
  readonly digits: string;
  readonly after: string;
}

function longestRun(line: string): Run {
  let longest: Run = { before: line, digits: '', after: '' };
  for (const { 0: digits, index } of line.matchAll(DIGITS))
    if (digits.length > longest.digits.length)
      longest = { before: line.slice(0, index), digits, after: line.slice(index + digits.length) };
  return longest;
}

/** A pattern for text that differs in its numbers and spaces only. */
function shapeOf(text: string): string {
  return text
    .slice(0, 256)
    .replace(/[^A-Za-z0-9 \t]/g, '\\$&')
    .replace(/[ \t]+/g, '[ \\t]*')
    .replace(/\d+/g, '\\d+');
}

function firstProblem(body: string): string {
  if (/^\s*-/.test(body) && !/^[^-\s]/m.test(body))
    return 'the block is in removed lines of a diff: paste the current certificate';
  const at = body.search(/[^A-Za-z0-9+/=\s]/);
  if (at === -1) return 'the base64 has missing or extra characters, or is cut off';
  const before = body.slice(0, at).split('\n');
  const point = body.codePointAt(at) ?? 0;
  const shown = point > 0x20 && point < 0x7f ? `"${String.fromCodePoint(point)}" ` : '';
  const code = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
  return `line ${before.length} of its content, column ${(before.at(-1) ?? '').length + 1}, has the character ${shown}(${code}), which is not base64`;
}
