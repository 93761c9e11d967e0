import { type ChosenContent, admitCertificate } from '../gate/rules/admit-certificate.js';
import type { ExportFile } from '../exchange/rules/export-document.js';
import { findCertificates } from '../gate/rules/find-certificates.js';
import { fileRefusal } from '../exchange/rules/imported-certificates.js';
import type { FieldPath } from '../records/refusal.js';
import { type Result, accepted, rejected } from '../records/result.js';
import { truststoreCertificates } from '../exchange/rules/truststore-import.js';
import { readExport } from '../exchange/export-archive.js';
import { readBaseReport } from './read-base-report.js';
import { readHeldSet } from './read-held-set.js';
import { readJson } from './read-json.js';

/** What a thread can do. Plain values go in and come out, as they cross between threads. */
export const readers = {
  admit: admitCertificate,
  admitAll: (all: readonly (readonly [ChosenContent, FieldPath])[]) => all.map((given) => admitCertificate(...given)),
  find: findCertificates,
  truststore: truststoreCertificates,
  exportFile,
  json: readJson,
  baseReport: readBaseReport,
  heldSet: readHeldSet,
};
export type Readers = typeof readers;

/** @param content of the file: its bytes, base64 of them, or the text of a document */
async function exportFile(content: string | Uint8Array): Promise<Result<ExportFile>> {
  try {
    return accepted(await readExport(bytesOf(content)));
  } catch (error) {
    return rejected(fileRefusal(error));
  }
}

function bytesOf(content: string | Uint8Array): Buffer {
  if (typeof content !== 'string') return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return Buffer.from(content, content.trimStart().startsWith('{') ? 'utf8' : 'base64');
}
