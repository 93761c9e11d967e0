import { LIMITS } from '@trustcast/schema';
import { IntakeError } from '../errors.js';

/** One armoured block (RFC 7468), or the start of one whose end is missing. */
export interface PemBlock {
  /** In upper case, with single spaces. */
  readonly label: string;
  /** Between the lines of dashes, as it stands. */
  readonly body: string;
  /** What stands before the first line of dashes, on its line: a quotation mark, a number, a comment sign. */
  readonly prefix: string;
  /** Line of the text on which `body` begins, from 1. */
  readonly line: number;
  /** Whether its END line is missing; `body` then reaches up to the next block. */
  readonly cutOff: boolean;
}

// Bounded repetitions: input of nothing but dashes must not cost its square. Dashes may be lost, be more than five, or be
// spaced out; a space of the label may have become + or _. Without any dash, the words fill their line.
const LABEL = '[A-Z0-9#./]{1,24}(?:[ _+]{1,4}[A-Z0-9#./]{1,24}){0,5}';
const BEGIN = new RegExp(
  `(?:-[ ]{0,2}BEGIN[ _+]{1,4}(${LABEL})[ ]{0,8}(?:(?:-[ ]{0,2}){1,32}|(?=\\n))|(?:^|\\n)BEGIN[ ]{1,4}(${LABEL})[ ]{0,8}(?=\\n))`,
  'gi',
);
const END = new RegExp(`(?:-[ ]{0,2}|\\n)END[ _+]{1,4}(${LABEL})`, 'i');
const DASHES = /(?:-[ ]{0,2}){1,32}$/;

/** The PEM blocks of a text, whatever stands around and between them. */
export function pemBlocks(text: string): PemBlock[] {
  const begins: RegExpExecArray[] = [];
  for (const begin of text.matchAll(BEGIN)) {
    if (begins.push(begin) > LIMITS.entries)
      throw new IntakeError('INPUT_TOO_LARGE', `the input has more than ${LIMITS.entries} PEM blocks`);
  }
  let [line, counted] = [1, 0];
  return begins.map((begin, index) => {
    const from = begin.index + begin[0].length;
    line += countLines(text, counted, from);
    counted = from;
    const rest = text.slice(from, begins[index + 1]?.index);
    const label = labelOf(begin[1] ?? begin[2]);
    const end = END.exec(rest);
    const cutOff = !end || familyOf(labelOf(end[1])) !== familyOf(label);
    return {
      label,
      body: cutOff ? rest : rest.slice(0, end.index).replace(DASHES, ''),
      prefix: prefixOf(text, begin.index),
      line,
      cutOff,
    };
  });
}

/** What kind of content a label announces. Programs write many labels for certificates and for PKCS#7. */
export function familyOf(label: string): 'certificate' | 'pkcs7' | (string & {}) {
  if (/^(?:[A-Z0-9./]+ ){0,2}CERTIFICATES?(?: CHAIN)?$/.test(label) && !label.includes('REQUEST')) return 'certificate';
  if (/^(?:PKCS ?#?12|PFX|JKS|JCEKS|(?:JAVA )?KEYSTORE|TRUSTSTORE)$/.test(label)) return 'certificate';
  return /^(?:PKCS ?#?7|CMS|CERTIFICATE PKCS7)(?: SIGNED ?DATA)?$/.test(label) ? 'pkcs7' : label;
}

function labelOf(found = ''): string {
  return found.toUpperCase().replace(/[ _+]+/g, ' ');
}

function prefixOf(text: string, at: number): string {
  const before = text.slice(Math.max(at - 64, 0), at);
  return before.slice(before.lastIndexOf('\n') + 1).replace(DASHES, '');
}

function countLines(text: string, from: number, to: number): number {
  return text.slice(from, to).split('\n').length - 1;
}
