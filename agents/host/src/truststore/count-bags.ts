import { TrustcastError } from '@trustcast/schema';

const SEQUENCE = 0x30;
const OCTET_STRING = 0x04;
const CONTEXT_0 = 0xa0;

/**
 * Number of entries of a plain PKCS#12 file with one AuthenticatedSafe content (RFC 7292, 4), read back from its bytes.
 *
 * Walks lengths and allocates nothing: a full read of what was just built would take longer than building it.
 *
 * @throws TrustcastError `TRUSTSTORE_MALFORMED` where lengths do not add up
 */
export function countBags(pieces: readonly Uint8Array[]): number {
  const cursor = new Cursor(pieces);
  let end = cursor.length;
  /** Steps over the header of the next element and returns where its content ends. */
  const header = (tag?: number): number => {
    const found = cursor.next();
    if (tag !== undefined && found !== tag) throw malformed();
    const first = cursor.next();
    let length = first;
    if (first >= 0x80) {
      if (first === 0x80 || first > 0x84) throw malformed();
      length = 0;
      for (let left = first & 0x7f; left > 0; left -= 1) length = length * 256 + cursor.next();
    }
    if (cursor.at + length > end) throw malformed();
    return cursor.at + length;
  };
  const enter = (tag: number): void => {
    end = header(tag);
  };
  const skip = (tag?: number): void => {
    cursor.goTo(header(tag));
  };
  // PFX, version; ContentInfo, its type; AuthenticatedSafe; ContentInfo, its type; SafeContents.
  enter(SEQUENCE);
  if (end !== cursor.length) throw malformed();
  skip();
  for (let layer = 0; layer < 2; layer += 1) {
    enter(SEQUENCE);
    skip();
    enter(CONTEXT_0);
    enter(OCTET_STRING);
    enter(SEQUENCE);
  }
  let count = 0;
  for (; cursor.at < end; count += 1) skip(SEQUENCE);
  return count;
}

/** A place in bytes that stand in pieces. */
class Cursor {
  readonly length: number;
  at = 0;
  readonly #pieces: readonly Uint8Array[];
  #index = 0;
  /** Where the piece at the index begins. */
  #start = 0;

  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces;
    this.length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** The byte here; goes on to the one after it. */
  next(): number {
    const byte = this.#piece()?.[this.at - this.#start];
    if (byte === undefined) throw malformed();
    this.at += 1;
    return byte;
  }

  /** Only forward. */
  goTo(at: number): void {
    this.at = at;
  }

  #piece(): Uint8Array | undefined {
    let piece = this.#pieces[this.#index];
    while (piece && this.at >= this.#start + piece.length) {
      this.#start += piece.length;
      piece = this.#pieces[(this.#index += 1)];
    }
    return piece;
  }
}

function malformed(): TrustcastError {
  return new TrustcastError('TRUSTSTORE_MALFORMED', 'the lengths of the truststore do not add up');
}
