import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
} from 'node:fs';
import { isErrno } from '@trustcast/config';
import { type ChangeMessage, decodeChangeMessage, encodeChangeMessage } from '@trustcast/schema';
import type { Folder } from '../files/open-folder.js';
import { inOwned } from '../files/owned-folder.js';
import { removeFile } from '../files/remove-file.js';
import { replaceFile, writeFully } from '../files/replace-file.js';

/** One line per message: SHA-256 of the JSON, a space, the JSON. */
const HASH_LENGTH = 64;

/** What a journal file holds: a whole set, then deltas. */
export interface JournalContent {
  readonly messages: readonly ChangeMessage[];
  /** Bytes up to which the file is intact. */
  readonly intactBytes: number;
  /** False when something unreadable follows: a torn write, or damage. */
  readonly complete: boolean;
}

/** Reads the intact prefix of a journal; null when there is no such file or no intact message. */
export function readJournal(path: string): JournalContent | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return null;
  }
  const messages: ChangeMessage[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const end = bytes.indexOf(0x0a, offset);
    const message = end < 0 ? undefined : decodeLine(bytes.subarray(offset, end));
    if (!message) break;
    messages.push(message);
    offset = end + 1;
  }
  return messages.length === 0 ? null : { messages, intactBytes: offset, complete: offset === bytes.length };
}

function decodeLine(line: Buffer): ChangeMessage | undefined {
  const json = line.subarray(HASH_LENGTH + 1);
  if (line.toString('latin1', 0, HASH_LENGTH) !== sha256Hex(json)) return undefined;
  try {
    return decodeChangeMessage(json);
  } catch {
    return undefined;
  }
}

function encodeLine(message: ChangeMessage): Buffer {
  const json = encodeChangeMessage(message);
  return Buffer.concat([Buffer.from(`${sha256Hex(json)} `, 'latin1'), json, Buffer.of(0x0a)]);
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The file is never missing under its name: the previous copy is a second name for it until the rename. */
function keepPrevious({ at }: Folder, name: string): void {
  const next = at(`${name}.previous.next`);
  removeFile(next);
  try {
    linkSync(at(name), next);
    renameSync(next, at(`${name}.previous`));
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

/** Appends to a journal that is open for writing. */
export class Journal {
  readonly #file: number;
  #size: number;
  #syncedSize: number;
  /** True when the file may be longer than `#size`. */
  #torn = false;

  private constructor(path: string, size: number) {
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW;
    this.#file = inOwned(path, (folder, name) => openSync(folder.at(name), flags));
    this.#size = size;
    this.#syncedSize = size;
  }

  /** Opens an existing journal; what follows `intactBytes` is cut off. */
  static open(path: string, intactBytes: number): Journal {
    const journal = new Journal(path, intactBytes);
    ftruncateSync(journal.#file, intactBytes);
    return journal;
  }

  /** Starts a new generation with `whole`; the generation before it stays as `<path>.previous`. */
  static start(path: string, whole: ChangeMessage): Journal {
    inOwned(path, keepPrevious);
    const line = encodeLine(whole);
    replaceFile(path, [line], { mode: 0o600 });
    return new Journal(path, line.length);
  }

  get size(): number {
    return this.#size;
  }

  /** False when the file has no name any more, or another one has it. */
  isAt(path: string): boolean {
    try {
      const [open, named] = [fstatSync(this.#file), lstatSync(path)];
      return open.ino === named.ino && open.dev === named.dev;
    } catch {
      return false;
    }
  }

  /** Writes messages; they survive a power failure after {@link sync}. */
  append(messages: readonly ChangeMessage[]): void {
    const lines = Buffer.concat(messages.map(encodeLine));
    // Half a line of an attempt that failed would hide every line after it.
    if (this.#torn) ftruncateSync(this.#file, this.#size);
    this.#torn = true;
    writeFully(this.#file, [lines]);
    this.#torn = false;
    this.#size += lines.length;
  }

  /** Makes durable what was appended, or takes it back. @throws the failed system call's error */
  sync(): void {
    if (this.#size === this.#syncedSize) return;
    try {
      fdatasyncSync(this.#file);
      this.#syncedSize = this.#size;
    } catch (error) {
      this.#torn = true;
      this.#size = this.#syncedSize;
      throw error;
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}
