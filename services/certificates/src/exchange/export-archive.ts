import { type Unzipped, strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { LimitExceededError, MalformedError } from '@trustcast/schema';
import {
  type ExportFile,
  IMPORT_LIMITS,
  exportDocument,
  pemPath,
  readExportDocument,
} from '../domain/export-document.js';

const DOCUMENT = 'trustcast-export.json';
const PEM_FILE = /^certificates\/[0-9a-f]{64}\.pem$/;
/** Base64 does not compress beyond a third; text of a document does, and nothing real does further. */
const MAX_RATIO = 200;
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
export function readExport(bytes: Uint8Array): ExportFile {
  if (bytes.byteLength > IMPORT_LIMITS.bytes) throw new LimitExceededError('the file in bytes', IMPORT_LIMITS.bytes);
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (!isZip) return readExportDocument(jsonOf(bytes));
  const files = unzip(bytes);
  const document = files[DOCUMENT];
  if (!document) throw new MalformedError(DOCUMENT, 'is not in the archive');
  const used = new Set([DOCUMENT]);
  const read = readExportDocument(jsonOf(document), (path) => {
    const file = files[path];
    used.add(path);
    return file && strFromU8(file);
  });
  if (used.size !== Object.keys(files).length)
    throw new MalformedError('the archive', 'holds certificates that its document does not name');
  return read;
}

function unzip(bytes: Uint8Array): Unzipped {
  const seen = new Set<string>();
  let total = 0;
  try {
    return unzipSync(bytes, {
      filter: ({ name, size, originalSize }) => {
        if (name !== DOCUMENT && !PEM_FILE.test(name))
          throw new MalformedError('the archive', 'holds a file that does not belong to an export');
        if (seen.has(name)) throw new MalformedError('the archive', 'holds two files of the same name');
        seen.add(name);
        total += originalSize;
        if (seen.size > IMPORT_LIMITS.certificates + 1)
          throw new LimitExceededError('the archive in files', IMPORT_LIMITS.certificates + 1);
        if (total > IMPORT_LIMITS.bytes || originalSize > MAX_RATIO * Math.max(size, 1))
          throw new LimitExceededError('the unpacked archive in bytes', IMPORT_LIMITS.bytes);
        return true;
      },
    });
  } catch (error) {
    if (error instanceof MalformedError || error instanceof LimitExceededError) throw error;
    throw new MalformedError('the archive', 'cannot be unpacked');
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch {
    throw new MalformedError('the document', 'is not JSON in UTF-8');
  }
}
