import { LIMITS } from '@trustcast/schema/limits.js';
import { IntakeError } from '../errors.js';
import { countOf } from './large-text.js';

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
  /** Where the first dash of BEGIN stands in the text, and where the last one of END ends. */
  readonly from: number;
  readonly to: number;
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
const END = new RegExp(`(?:-[ ]{0,2}|\\n[ \\t>#|*]{0,16})END[ _+]{1,4}(${LABEL})[ ]{0,8}(?:-[ ]{0,2}){0,32}`, 'i');
const ENDS = new RegExp(END, 'gi');
const END_HERE = new RegExp(`[\\s>#|*]{0,64}(?:-[ ]{0,2}){1,32}END[ _+]{1,4}${LABEL}[ ]{0,8}(?:-[ ]{0,2}){0,32}`, 'iy');
/** What stands in every text with PEM. */
export const ANY_BEGIN = /BEG?IG?N/i;
const DASHES = /(?:-[ ]{0,2}){1,32}$/;

/** The PEM blocks of a text, whatever stands around and between them. */
export function pemBlocks(text: string): PemBlock[] {
  const begins: RegExpExecArray[] = [];
  for (const begin of text.matchAll(BEGIN)) {
    if (begins.push(begin) > LIMITS.entries)
      throw new IntakeError(
        'INPUT_TOO_LARGE',
        `the input has more than ${LIMITS.entries} PEM blocks: give it in several parts`,
      );
  }
  let [line, counted] = [1, 0];
  return begins.map((begin, index) => {
    const from = begin.index + begin[0].length;
    line += countOf(text.slice(counted, from), '\n');
    counted = from;
    const rest = text.slice(from, begins[index + 1]?.index);
    const label = labelOf(begin[1] ?? begin[2]);
    const end = END.exec(rest);
    const cutOff = !end || familyOf(labelOf(end[1])) !== familyOf(label);
    return {
      label,
      from: begin.index - dashesBefore(text, begin.index),
      to: cutOff ? from + rest.length : from + end.index + end[0].length,
      body: cutOff ? rest : rest.slice(0, end.index).replace(DASHES, ''),
      prefix: prefixOf(text, begin.index),
      line,
      cutOff,
    };
  });
}

/** Where END lines of certificates stand in a text that has no BEGIN line before them. */
export function* loneEnds(text: string): Generator<number> {
  for (const { 0: whole, 1: found, index } of text.matchAll(ENDS))
    if (familyOf(labelOf(found)) === 'certificate') yield index + (whole.startsWith('\n') ? 1 : 0);
}

/** Where a line of dashes with END ends that follows at once; the place itself where none does. */
export function endAfter(text: string, at: number): number {
  END_HERE.lastIndex = at;
  return at + (END_HERE.exec(text)?.[0].length ?? 0);
}

/** Whether somebody meant CERTIFICATE: a letter too many, too few or in another place, or the word of another language. */
function isMistyped(label: string): boolean {
  return (
    label
      .split(' ')
      .some(
        (word) => /^(?:CERTS?|CRT|CACERT|ZERTIFIKAT|CERTIFICAT|CERTIFICADO|CERTIFICATO)$/.test(word) || isNear(word),
      ) && !/REQUEST|REVOCATION|CRL/.test(label)
  );
}

/** Whether at most three letters differ. */
function isNear(word: string): boolean {
  if (word.length < 8 || word.length > 14) return false;
  let row = Array.from({ length: MEANT.length + 1 }, (_, index) => index);
  for (const [index, letter] of Array.from(word).entries()) {
    const next = [index + 1];
    for (let at = 1; at <= MEANT.length; at++)
      next.push(
        Math.min((next[at - 1] ?? 0) + 1, (row[at] ?? 0) + 1, (row[at - 1] ?? 0) + (MEANT[at - 1] === letter ? 0 : 1)),
      );
    row = next;
  }
  return (row[MEANT.length] ?? 4) <= 3;
}

const MEANT = 'CERTIFICATE';

/** What kind of content a label announces. Programs write many labels for certificates and for PKCS#7. */
export function familyOf(label: string): 'certificate' | 'pkcs7' | (string & {}) {
  if (/^(?:[A-Z0-9./]+ ){0,4}CERTIFICATES?(?: CHAIN)?$/.test(label) && !label.includes('REQUEST')) return 'certificate';
  if (/^(?:PKCS ?#?12|PFX|JKS|JCEKS|(?:JAVA )?KEYSTORE|TRUSTSTORE)$/.test(label)) return 'certificate';
  if (isMistyped(label)) return 'certificate';
  return /^(?:PKCS ?#?7|CMS|CERTIFICATE PKCS7)(?: SIGNED ?DATA)?$/.test(label) ? 'pkcs7' : label;
}

function labelOf(found = ''): string {
  return found.toUpperCase().replace(/[ _+]+/g, ' ');
}

function prefixOf(text: string, at: number): string {
  const before = text.slice(Math.max(at - 64, 0), at);
  return before.slice(before.lastIndexOf('\n') + 1).replace(DASHES, '');
}

function dashesBefore(text: string, at: number): number {
  const before = text.slice(Math.max(at - 64, 0), at);
  return DASHES.exec(before)?.[0].length ?? 0;
}
