import { announcedCertificates, announcedLines, lostCertificates } from './announced.js';
import { type IntakeItem, certificateItem } from './der-items.js';

/** Fewer bytes begin many certificates. */
const TELLING = 24;

/**
 * Completes what was read of a text by its forms with the blocks that were found in any other way to see the text. None is lost in
 * silence: what is announced and nowhere found is told.
 *
 * @param starts what there is of each that cannot be read and that is no PEM block, which its BEGIN and END lines announce
 */
export function completed(
  items: IntakeItem[],
  given: string,
  { holdsPem, starts }: { holdsPem: boolean; starts: readonly (Buffer | null)[] },
): { items: IntakeItem[]; lost: readonly string[] } {
  const lines = announcedLines(given, holdsPem);
  const lost = lostCertificates(lines, items.length);
  const unread = items.filter(({ error }) => error).length + lost.length;
  if (unread === 0) return { items, lost };
  const known = new Set(items.map(digitsOf));
  const announced = announcedCertificates(given);
  const found = announced.flatMap((der) => {
    const item = der && certificateItem(der);
    if (!item || known.has(digitsOf(item))) return [];
    known.add(digitsOf(item));
    return [item];
  });
  const isAll = found.length > 0 && announced.length >= lines.length && announced.every((der) => der !== null);
  const isExplained = starts.every((start) => start && announced.some((der) => der && isPartOf(start, der)));
  if (isAll && (isExplained || found.length >= unread))
    return { items: [...items.filter(({ error }) => !error), ...found], lost: [] };
  return { items: [...items, ...found], lost };
}

/** Whether bytes are the start of a certificate that was torn. */
function isPartOf(start: Buffer, der: Buffer): boolean {
  return start.length >= TELLING && der.subarray(0, start.length).equals(start);
}

function digitsOf({ der }: IntakeItem): string {
  return der ? Buffer.from(der).toString('hex') : '';
}
