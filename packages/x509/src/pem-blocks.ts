import { LIMITS } from '@trustcast/schema';
import { IntakeError } from './errors.js';

/** One armoured block. */
export interface PemBlock {
  readonly label: string;
  /** Between the lines of dashes, as it stands. */
  readonly body: string;
}

// Bounded repetitions: input of nothing but dashes must not cost its square.
const BEGIN = /-{3,8}[ \t]{0,8}BEGIN ([A-Z0-9 #]{1,64}?)[ \t]{0,8}-{3,8}/g;
const END = /-{3,8}[ \t]{0,8}END ([A-Z0-9 #]{1,64}?)[ \t]{0,8}-{3,8}/;

/** The PEM blocks of a text, whatever stands around and between them. A block without its end is given as cut off. */
export function pemBlocks(text: string): { blocks: PemBlock[]; cutOff: boolean } {
  const blocks: PemBlock[] = [];
  let cutOff = false;
  const begins: RegExpExecArray[] = [];
  for (const begin of text.matchAll(BEGIN)) {
    if (begins.push(begin) > LIMITS.entries)
      throw new IntakeError('INPUT_TOO_LARGE', `the input has more than ${LIMITS.entries} PEM blocks`);
  }
  for (const [index, begin] of begins.entries()) {
    const label = begin[1] ?? '';
    const from = begin.index + begin[0].length;
    const rest = text.slice(from, begins[index + 1]?.index);
    const end = END.exec(rest);
    if (end?.[1] === label) blocks.push({ label, body: rest.slice(0, end.index) });
    else cutOff = true;
  }
  return { blocks, cutOff };
}

/** Decodes base64 with white space anywhere, padded or not; undefined for anything else. */
export function decodeBase64(text: string): Buffer | undefined {
  const compact = text.replace(/\s{1,4096}/g, '');
  const digits = compact.replace(/={1,2}$/, '');
  const padded = digits.length < compact.length;
  // One test of one class: a pattern with groups overflows the stack at 16 MB.
  if (digits === '' || /[^A-Za-z0-9+/]/.test(digits) || digits.length % 4 === 1) return undefined;
  return padded && compact.length % 4 !== 0 ? undefined : Buffer.from(digits, 'base64');
}
