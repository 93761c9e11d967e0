import { decodeBase64Either } from './base64.js';
import { contentRow, isWhole } from './content-row.js';
import { pemBlocks } from './pem-blocks.js';

/** Bytes of a block, or why there are none. */
export type BlockBody =
  { readonly bytes: Buffer; readonly problem: null } | { readonly bytes: null; readonly problem: string };

/** Digits that are enough to show what stands around each line. */
const TELLING = 16;
/** More characters between two lines are no decoration. */
const MAX_JOINT = 512;

/**
 * Decodes what stands between the dashes.
 *
 * Base64 is read first. Where that gives nothing complete, every line may have something around it that its neighbours
 * have too: quoting of mails and comments, numbers, quotation marks and operators of programs, the + of a diff. What is
 * read in either way counts only if it is nothing but whole elements: a digit too many or too few changes the length that DER
 * gives. Each reading passes over the text a fixed number of times, and no pattern is made from it.
 */
export function blockBody(body: string, prefix: string): BlockBody {
  const strict = decodeBase64Either(body);
  if (strict && isWhole(strict)) return { bytes: strict, problem: null };
  for (const reading of DIGITS_OF_A_LINE.test(body) ? READINGS : []) {
    const digits = reading(body, prefix);
    const bytes = digits === undefined ? undefined : decodePieces(digits);
    if (bytes && isWhole(bytes)) return { bytes, problem: null };
  }
  return { bytes: null, problem: strict?.length ? lengthProblem(strict, body) : firstProblem(body) };
}

const DIGITS_OF_A_LINE = /[A-Za-z0-9+/]{16}/;

const READINGS: readonly ((body: string, prefix: string) => string | undefined)[] = [
  (body) => body,
  withoutHeaders,
  withoutPrefix,
  asAfterDiff,
  withoutContinuations,
  (body) => withoutJoints(body, (longest) => longest / 2),
  (body) => withoutJoints(body, (longest) => longest),
  withoutMargins,
];

/** Padding ends a value; another may follow. */
function decodePieces(text: string): Buffer | undefined {
  const pieces = text.replace(/\s{1,4096}/g, '').match(/[^=]{1,65536}={0,2}/g) ?? [];
  if (!/=[^=]/.test(text)) return decodeBase64Either(text);
  const values = pieces.map((piece) => decodeBase64Either(piece));
  return values.every((value) => value !== undefined) ? Buffer.concat(values) : undefined;
}

/** Takes away the fields of RFC 1421 section 4.6 before an empty line; OpenSSL, PGP tools and mail put them there. */
function withoutHeaders(body: string): string | undefined {
  const lines = body.split('\n');
  const first = lines.findIndex((line) => line.trim() !== '');
  const end = lines.findIndex((line, index) => index > first && line.trim() === '');
  const isHeader = (line: string) => /^(?:[A-Za-z][A-Za-z0-9-]{0,60}:|[ \t])/.test(line);
  if (first === -1 || end === -1 || !lines.slice(first, end).every(isHeader)) return undefined;
  return lines.slice(end).join('\n');
}

/** What stands before BEGIN and before every other line: the sign of a comment, the + of a line that a diff adds. */
function withoutPrefix(body: string, prefix: string): string | undefined {
  const sign = prefix.trimEnd();
  const lines = body.split('\n').filter((line) => line.trim() !== '' && line.trimEnd() !== sign);
  if (sign === '' || !lines.every((line) => line.startsWith(sign))) return undefined;
  return lines.map((line) => line.slice(sign.length)).join('\n');
}

/** Lines that a diff adds, between lines that it leaves as they are. */
function asAfterDiff(body: string): string | undefined {
  const lines = body.split('\n').filter((line) => line.trim() !== '');
  if (!lines.every((line) => line.startsWith(' ') || line.startsWith('+'))) return undefined;
  return lines.map((line) => line.slice(1)).join('\n');
}

/** Lines of a table as psql shows them: each but the last ends with a + of its own, and a column may stand before it. */
function withoutContinuations(body: string): string | undefined {
  const lines = body.split('\n');
  const last = lines.pop() ?? '';
  const isTable = last.includes('|');
  if (lines[0]?.trim() !== '+' || !/^[^A-Za-z0-9+/]{0,256}$/.test(last)) return undefined;
  if (!lines.every((line, at) => line.trimEnd().endsWith('+') && (at === 0 || line.includes('|') === isTable)))
    return undefined;
  return lines
    .map((line) => line.slice(line.lastIndexOf('|') + 1, line.lastIndexOf('+')).replace(/\\r\s{0,4096}$/, ''))
    .join('\n');
}

/** Joins the long runs of digits where the same stands between all of them, apart from numbers and blanks. */
function withoutJoints(body: string, leastOf: (longest: number) => number): string | undefined {
  const runs = [...body.matchAll(/[A-Za-z0-9+/]{1,65536}={0,2}/g)].map(({ 0: digits, index }) => ({
    digits,
    from: index,
    to: index + digits.length,
  }));
  const longest = runs.reduce((most, { digits }) => Math.max(most, digits.length), 0);
  if (longest < TELLING) return undefined;
  const least = Math.max(TELLING, leastOf(longest));
  const lines = runs.filter(({ digits }) => digits.length >= least);
  const joints = lines.slice(1).map(({ from }, index) => body.slice(lines[index]?.to, from));
  if (joints.some((joint) => joint.length > MAX_JOINT || isRemoval(joint))) return undefined;
  const shape = joints[0] === undefined ? undefined : shapeOf(joints[0]);
  if (!joints.every((joint) => shapeOf(joint) === shape)) return undefined;
  if (!beginsAlike(body.slice(0, lines[0]?.from), joints[0])) return undefined;
  const end = lines.at(-1)?.to ?? 0;
  const last =
    shape === undefined
      ? undefined
      : runs
          .filter(({ from }) => from >= end && from < end + MAX_JOINT)
          .find(({ from }) => shapeOf(body.slice(end, from)) === shape);
  return [...lines, ...(last ? [last] : [])].map(({ digits }) => digits).join('\n');
}

/** Whether the first line has before it what the others have: what only it has is damage, not decoration. */
function beginsAlike(lead: string, joint: string | undefined): boolean {
  if (joint === undefined) return /^[\s"'`+,;.&\\()]*$/.test(lead);
  if (joint.trim() === '') return false;
  const [first, others] = [lead, joint].map((text) => shapeOf(text.slice(text.lastIndexOf('\n') + 1)));
  return first === others || (!lead.includes('\n') && others?.endsWith(first ?? '') === true);
}

/** Whether a line that follows is one that a diff removes: it says what no longer is. */
function isRemoval(joint: string): boolean {
  return joint.slice(joint.lastIndexOf('\n') + 1).trim() === '-';
}

/** Takes the signs of quotations from the lines that have them: a mail whose lines were broken again has lines without. */
function withoutMargins(body: string): string | undefined {
  const lines: string[] = [];
  for (const line of body.split('\n')) {
    const from = line.search(/[A-Za-z0-9+/]/);
    if (from === -1) continue;
    if (!/^[\s>|]*$/.test(line.slice(0, from))) return undefined;
    lines.push(line.slice(from));
  }
  return lines.join('\n');
}

/** Text without what differs from line to line: blanks go, a number is a number. */
function shapeOf(text: string): string {
  return text.replace(/[ \t]{1,512}/g, '').replace(/\d{1,512}/g, '0');
}

function lengthProblem(bytes: Buffer, body: string): string {
  const { known, leftOver } = contentRow(bytes);
  if (!known) return 'the base64 has missing or extra characters, or is cut off';
  return `${leftOver} ${leftOver === 1 ? 'byte is' : 'bytes are'} left over behind the certificate${oddLine(body)}`;
}

/** Names the line that is likely too many. */
function oddLine(body: string): string {
  const lines = body.split('\n').map((line) => line.trim());
  const seen = new Map<string, number>();
  const full = lines.find((line) => line !== '')?.length ?? 0;
  const last = lines.findLastIndex((line) => line !== '');
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const before = seen.get(line);
    if (before !== undefined) return `: line ${index + 1} of its content repeats line ${before + 1}`;
    if (line.length !== full && index < last)
      return `: line ${index + 1} of its content is ${line.length < full ? 'shorter' : 'longer'} than the first`;
    seen.set(line, index);
  }
  return ': something in its content does not belong there';
}

function firstProblem(body: string): string {
  if (body.trim() === '') return 'the block is empty';
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

/** Whether a text has blocks and all of them can be decoded. */
export function areWhole(text: string): boolean {
  const blocks = pemBlocks(text);
  return blocks.length > 0 && blocks.every(({ body, prefix, cutOff }) => !cutOff && blockBody(body, prefix).bytes);
}
