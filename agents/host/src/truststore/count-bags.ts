import { TrustcastError } from '@trustcast/schema';

const SEQUENCE = 0x30;
const OCTET_STRING = 0x04;
const CONTEXT_0 = 0xa0;

/**
 * Number of entries of a plain PKCS#12 file with one AuthenticatedSafe content (RFC 7292, 4), read back from its bytes.
 *
 * Walks lengths and allocates nothing: a full read of what was just written would take longer than writing it.
 *
 * @throws TrustcastError `TRUSTSTORE_MALFORMED` where lengths do not add up
 */
export function countBags(bytes: Uint8Array): number {
  let at = 0;
  let end = bytes.length;
  /** Steps over the header of the next element and returns where its content ends. */
  const header = (tag?: number): number => {
    if (tag !== undefined && bytes[at] !== tag) throw malformed();
    const first = bytes[at + 1] ?? 0x80;
    at += 2;
    let length = first;
    if (first >= 0x80) {
      if (first === 0x80 || first > 0x84) throw malformed();
      length = 0;
      for (let left = first & 0x7f; left > 0; left -= 1, at += 1) length = length * 256 + (bytes[at] ?? 0);
    }
    if (at + length > end) throw malformed();
    return at + length;
  };
  const enter = (tag: number): void => {
    end = header(tag);
  };
  const skip = (): void => {
    at = header();
  };
  // PFX, version; ContentInfo, its type; AuthenticatedSafe; ContentInfo, its type; SafeContents.
  enter(SEQUENCE);
  if (end !== bytes.length) throw malformed();
  skip();
  for (let layer = 0; layer < 2; layer += 1) {
    enter(SEQUENCE);
    skip();
    enter(CONTEXT_0);
    enter(OCTET_STRING);
    enter(SEQUENCE);
  }
  let count = 0;
  for (; at < end; count += 1) at = header(SEQUENCE);
  return count;
}

function malformed(): TrustcastError {
  return new TrustcastError('TRUSTSTORE_MALFORMED', 'the lengths of the truststore do not add up');
}
