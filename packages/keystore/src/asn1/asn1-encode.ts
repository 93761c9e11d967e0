/** DER of one element: `tag`, minimal length, `parts` one after the other. */
export function encodeElement(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = Buffer.allocUnsafe(elementLength(length));
  let at = putHeader(out, 0, tag, length);
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Bytes that an element with `contentLength` bytes of content takes. */
export function elementLength(contentLength: number): number {
  return headerLength(contentLength) + contentLength;
}

/** Bytes of an element's tag and length. */
export function headerLength(contentLength: number): number {
  if (contentLength < 0x80) return 2;
  if (contentLength < 0x100) return 3;
  if (contentLength < 0x10000) return 4;
  if (contentLength < 0x1000000) return 5;
  return 6;
}

/** Writes tag and length at `at`; answers where the content begins. */
export function putHeader(out: Buffer, at: number, tag: number, contentLength: number): number {
  const lengthBytes = headerLength(contentLength) - 2;
  out[at] = tag;
  out[at + 1] = lengthBytes === 0 ? contentLength : 0x80 | lengthBytes;
  for (let index = 0; index < lengthBytes; index++)
    out[at + 2 + index] = (contentLength >>> (8 * (lengthBytes - 1 - index))) & 0xff;
  return at + 2 + lengthBytes;
}

/** An INTEGER; a Buffer holds an unsigned number. */
export function encodeInteger(value: number | Uint8Array): Buffer {
  let magnitude = typeof value === 'number' ? Buffer.from(hexOf(value), 'hex') : value;
  let zeros = 0;
  while (zeros < magnitude.length - 1 && magnitude[zeros] === 0) zeros++;
  magnitude = magnitude.subarray(zeros);
  const sign = ((magnitude[0] ?? 0) & 0x80) === 0 ? [] : [0];
  return encodeElement(0x02, Buffer.from(sign), magnitude);
}

function hexOf(value: number): string {
  const hex = value.toString(16);
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function encodeOid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift(0x80 | (left % 128));
    bytes.push(...groups);
  }
  return encodeElement(0x06, Buffer.from(bytes));
}

export const SEQUENCE = 0x30;
export const SET = 0x31;
export const OCTET_STRING = 0x04;
export const NULL = Buffer.from([0x05, 0x00]);

/** An AlgorithmIdentifier; without parameters it carries NULL. */
export function encodeAlgorithm(oid: string, parameters: Uint8Array = NULL): Buffer {
  return encodeElement(SEQUENCE, encodeOid(oid), parameters);
}
