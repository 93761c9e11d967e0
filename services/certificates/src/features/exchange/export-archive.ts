import { strToU8, zipSync } from 'fflate';
import { LimitExceededError, MalformedError } from '@trustcast/schema';
import {
  type ExportFile,
  IMPORT_LIMITS,
  exportDocument,
  pemPath,
  readExportDocument,
} from './rules/export-document.js';
import { unzip } from './unzip.js';

const DOCUMENT = 'trustcast-export.json';
const PEM_FILE = /^certificates\/[0-9a-f]{64}\.pem$/;
const UTF8 = new TextDecoder('utf-8', { fatal: true });

export function writeExportJson({ content, pems }: ExportFile, exportedAt: Date): Buffer {
  return Buffer.from(`${JSON.stringify(exportDocument(content, exportedAt, pems), null, 2)}\n`);
}

/** A ZIP with the document and one PEM file per certificate. */
export function writeExportZip({ content, pems }: ExportFile, exportedAt: Date): Uint8Array {
  const document = `${JSON.stringify(exportDocument(content, exportedAt, null), null, 2)}\n`;
  const files = [...pems].map(([fingerprint, pem]) => [pemPath(fingerprint), strToU8(pem)] as const);
  return zipSync(Object.fromEntries([[DOCUMENT, strToU8(document)], ...files]), { level: 1, mtime: exportedAt });
}

/**
 * Reads an export, ZIP or JSON, that anybody may have written: nothing is unpacked that does not belong to it.
 *
 * @throws MalformedError, LimitExceededError
 */
export async function readExport(bytes: Buffer): Promise<ExportFile> {
  if (bytes.byteLength > IMPORT_LIMITS.bytes) throw new LimitExceededError('the file in bytes', IMPORT_LIMITS.bytes);
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (!isZip) return readExportDocument(jsonOf(bytes));
  const files = await unzip(bytes, {
    files: IMPORT_LIMITS.certificates + 1,
    bytes: IMPORT_LIMITS.bytes,
    allows: (name) => name === DOCUMENT || PEM_FILE.test(name),
  });
  const document = files.get(DOCUMENT);
  if (!document) throw new MalformedError(DOCUMENT, 'is not in the archive');
  const used = new Set([DOCUMENT]);
  const read = readExportDocument(jsonOf(document), (path) => {
    used.add(path);
    return files.get(path)?.toString('utf8');
  });
  if (used.size !== files.size)
    throw new MalformedError('the archive', 'holds certificates that its document does not name');
  return read;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch {
    throw new MalformedError('the document', 'is not JSON in UTF-8');
  }
}
