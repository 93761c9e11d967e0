import { crc32, inflateRawSync } from 'node:zlib';
import { LimitExceededError, MalformedError } from '@trustcast/schema';
import { type Entry, type ZipFile, fromBuffer } from 'yauzl';

/** Base64 does not compress beyond a third; text of a document does, and nothing real does further. */
const MAX_RATIO = 200;
const STORED = 0;
const DEFLATED = 8;

export interface ZipLimits {
  readonly files: number;
  /** Of all files together, unpacked. */
  readonly bytes: number;
  /** Which names there may be; no other file is unpacked. */
  readonly allows: (name: string) => boolean;
}

/**
 * Unpacks an archive that anybody may have written. Takes a while: call it where that holds nothing up.
 *
 * What an archive says of its sizes is a limit: nothing is inflated beyond it.
 *
 * @throws MalformedError, LimitExceededError
 */
export async function unzip(bytes: Buffer, limits: ZipLimits): Promise<Map<string, Buffer>> {
  const zip = await open(bytes);
  const entries = await entriesOf(zip, limits);
  const files = new Map<string, Buffer>();
  for (const entry of entries) files.set(nameOf(entry), await contentOf(zip, bytes, entry));
  return files;
}

function open(bytes: Buffer): Promise<ZipFile> {
  return new Promise((resolve, reject) =>
    fromBuffer(bytes, { lazyEntries: true, autoClose: false, decodeStrings: false }, (error, zip) =>
      error ? reject(broken()) : resolve(zip),
    ),
  );
}

/** The entries of the central directory, each of which was looked at. */
function entriesOf(zip: ZipFile, { files, bytes, allows }: ZipLimits): Promise<Entry[]> {
  const entries: Entry[] = [];
  const seen = new Set<string>();
  let total = 0;
  const refusalOf = (entry: Entry): Error | undefined => {
    const { uncompressedSize, compressedSize } = entry;
    const name = nameOf(entry);
    if (!allows(name)) return new MalformedError('the archive', 'holds a file that does not belong to an export');
    if (seen.has(name)) return new MalformedError('the archive', 'holds two files of the same name');
    seen.add(name);
    total += uncompressedSize;
    if (seen.size > files) return new LimitExceededError('the archive in files', files);
    if (total > bytes || uncompressedSize > MAX_RATIO * Math.max(compressedSize, 1))
      return new LimitExceededError('the unpacked archive in bytes', bytes);
    return undefined;
  };
  return new Promise((resolve, reject) => {
    zip.on('error', () => reject(broken()));
    zip.on('end', () => resolve(entries));
    zip.on('entry', (entry: Entry) => {
      const refusal = refusalOf(entry);
      if (refusal) {
        reject(refusal);
        return;
      }
      entries.push(entry);
      zip.readEntry();
    });
    zip.readEntry();
  });
}

/** Its bytes as UTF-8, whatever the archive says of them: the names that are allowed are ASCII. */
function nameOf({ fileNameRaw }: Entry): string {
  return fileNameRaw.toString('utf8');
}

async function contentOf(zip: ZipFile, bytes: Buffer, entry: Entry): Promise<Buffer> {
  const { compressionMethod: method, compressedSize, uncompressedSize } = entry;
  if (entry.isEncrypted() || (method !== STORED && method !== DEFLATED)) throw broken();
  const start = await new Promise<number>((resolve, reject) =>
    zip.readLocalFileHeader(entry, { minimal: true }, (error, header) =>
      error ? reject(broken()) : resolve(header.fileDataStart),
    ),
  );
  const packed = bytes.subarray(start, start + compressedSize);
  if (packed.length !== compressedSize) throw broken();
  const content = method === STORED ? packed : inflate(packed, uncompressedSize);
  if (content.length !== uncompressedSize || crc32(content) !== entry.crc32) throw broken();
  return content;
}

function inflate(packed: Buffer, size: number): Buffer {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) });
  } catch {
    throw broken();
  }
}

function broken(): MalformedError {
  return new MalformedError('the archive', 'cannot be unpacked');
}
