import { isJavaKeystore } from '@trustcast/keystore';
import { firstElement, isContainer } from './der-items.js';
import { isFiller } from './filler.js';
import { isText } from './input-text.js';

/** What bytes out of a text hold, and how many of them are left over behind it. */
export interface ContentRow {
  /** Whether they begin with a whole element, a keystore or text. */
  readonly known: boolean;
  readonly elements: number;
  readonly leftOver: number;
}

/**
 * Counts the elements that stand in a row. In a text that was damaged, a line too many moves what is behind it, and the first element
 * is then another certificate of the right length: only the bytes left over show it.
 */
export function contentRow(bytes: Buffer): ContentRow {
  if (isJavaKeystore(bytes) || isText(bytes)) return { known: true, elements: 1, leftOver: 0 };
  let elements = 0;
  let rest = bytes;
  for (let next = firstElement(rest); next; next = firstElement(rest)) {
    rest = rest.subarray(next.length);
    elements++;
    // A container says by itself whether it is whole, and editors leave a line end behind it.
    if (isContainer(next) && isFiller(rest)) rest = rest.subarray(rest.length);
  }
  return { known: elements > 0, elements, leftOver: rest.length };
}

/** Whether bytes are elements in a row, a keystore or text, and nothing else. */
export function isWhole(bytes: Buffer): boolean {
  const { known, leftOver } = contentRow(bytes);
  return known && leftOver === 0;
}
