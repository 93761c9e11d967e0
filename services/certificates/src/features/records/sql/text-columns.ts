import { type CertificateText, certificateTexts } from '@trustcast/schema';

/** Column of a text in `certificates` and `revision_changes`. */
export function textColumn(text: CertificateText): string {
  return text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const listed = (of: (text: CertificateText) => string) => certificateTexts.map(of).join(', ');

/** The columns, for INSERT. */
export const TEXT_COLUMNS = listed(textColumn);

/** The columns of a row, under the names of the texts. */
export function textsFrom(row: string): string {
  return listed((text) => `${row}.${textColumn(text)} AS "${text}"`);
}

/** The texts under their names, of a row that has them so. */
export const TEXT_NAMES = listed((text) => `"${text}"`);

/** What `jsonb_to_recordset` makes of the texts of a JSON object. */
export const TEXT_MEMBERS = listed((text) => `"${text}" text`);

/** Assignments of an UPDATE from a row that has the texts under their names. */
export function textAssignments(row: string): string {
  return listed((text) => `${textColumn(text)} = ${row}."${text}"`);
}
