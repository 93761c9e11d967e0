import { isUtf8 } from 'node:buffer';
import { replaceEach } from './large-text.js';

/** Share of zero bytes from which bytes are taken for UTF-16 or UTF-32 without a byte order mark. */
const ZERO_SHARE = 0.4;
/** Sequences of UTF-8 with two to four bytes, in a string with one character per byte (RFC 3629 section 4). */
const UTF8_SEQUENCE = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}/g;
/** `BEGIN` in UTF-16. */
const WIDE_BEGIN = [Buffer.from('BEGIN', 'utf16le'), Buffer.from('BEGIN', 'utf16le').swap16()];
/** What Windows-1252 has where ISO 8859-1 has control characters, as far as it meets PEM: quotes, dashes, ellipsis. */
const WINDOWS_1252: Readonly<Record<string, string>> = {
  '\x85': '\u2026',
  '\x91': '\u2018',
  '\x92': '\u2019',
  '\x93': '\u201c',
  '\x94': '\u201d',
  '\x96': '\u2013',
  '\x97': '\u2014',
};

/**
 * Text of an upload: UTF-8, UTF-16 and UTF-32 with or without a byte order mark. In text that is not UTF-8 throughout,
 * every valid sequence still counts, and every other byte is a character of Windows-1252. Zeros stay where they are.
 */
export function textOf(bytes: Buffer): string {
  // Files of two encodings, one copied behind the other: characters of ASCII are those bytes that are not zero.
  const mixed = bytes.includes('BEGIN') && WIDE_BEGIN.some((wide) => bytes.includes(wide));
  const wide = mixed ? undefined : wideText(bytes);
  return wide === undefined ? narrowText(bytes) : wide.replace(/^\ufeff/, '');
}

/** Whether bytes begin like text in some encoding: no control characters but those of lines and terminals. */
export function isText(bytes: Buffer): boolean {
  const start = bytes.subarray(0, 96);
  const wide = start.includes(0) ? wideText(start) : undefined;
  return wide === undefined ? isNarrowText(start) : isWideText(wide);
}

/** Zeros among letters are what a program left of UTF-16, or of strings that end with one. */
function isNarrowText(given: Buffer): boolean {
  const start = given.includes(0) ? given.filter((byte) => byte !== 0) : given;
  if (start.length * 2 < given.length || start.some((byte) => isControl(byte))) return false;
  // Bytes that are in no Unicode encoding are text if most of them are ASCII. The last character may be cut in two.
  const foreign = start.filter((byte) => byte >= 0x80).length;
  return foreign * 4 <= start.length ? start.length > 0 : isUtf8(withoutCutCharacter(start));
}

function isWideText(given: string): boolean {
  const text = given.replaceAll('\0', '');
  if (text.length * 2 < given.length) return false;
  // eslint-disable-next-line no-control-regex -- control characters are what shows that bytes are no text
  return text !== '' && !/[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffd]/.test(text);
}

function isControl(byte: number): boolean {
  return byte < 0x09 || (byte > 0x0d && byte < 0x20 && byte !== 0x1b) || byte === 0x7f;
}

function withoutCutCharacter(bytes: Uint8Array): Uint8Array {
  const lead = bytes.findLastIndex((byte) => byte >= 0xc0);
  return lead >= bytes.length - 3 && lead > 0 ? bytes.subarray(0, lead) : bytes;
}

/** Puts the characters of UTF-8 in the place of their bytes, in a string with one character per byte. */
export function withSequences(text: string): string {
  return replaceEach(text, UTF8_SEQUENCE, (sequence) => Buffer.from(sequence, 'latin1').toString('utf8'));
}

function narrowText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const text = withSequences(bytes.toString('latin1'));
    return replaceEach(text, /[\x85\x91-\x94\x96\x97]/g, (character) => WINDOWS_1252[character] ?? character);
  }
}

function wideText(bytes: Buffer): string | undefined {
  const mark = bytes.subarray(0, 4).toString('hex');
  if (mark.startsWith('fffe0000')) return utf32(bytes, 'LE');
  if (mark.startsWith('0000feff')) return utf32(bytes, 'BE');
  if (mark.startsWith('fffe')) return bytes.toString('utf16le');
  if (mark.startsWith('feff')) return bigEndian(bytes);
  if (!bytes.includes(0)) return undefined;
  const sample = bytes.subarray(0, 1_024);
  const zerosAt = (...places: number[]) => {
    const zeros = sample.filter((byte, index) => byte === 0 && places.includes(index % 4)).length;
    return zeros > (sample.length * places.length * 2 * ZERO_SHARE) / 4;
  };
  // Scripts whose characters have another high byte hide the zeros.
  const [little = -1, big = -1] = WIDE_BEGIN.map((begin) => bytes.indexOf(begin));
  if (little >= 0 && little % 2 === 0) return bytes.toString('utf16le');
  if (big >= 0 && big % 2 === 0) return bigEndian(bytes);
  if (zerosAt(1, 2, 3)) return utf32(bytes, 'LE');
  if (zerosAt(0, 1, 2)) return utf32(bytes, 'BE');
  if (zerosAt(1, 3)) return bytes.toString('utf16le');
  if (zerosAt(0, 2)) return bigEndian(bytes);
  return undefined;
}

function bigEndian(bytes: Buffer): string {
  return Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)))
    .swap16()
    .toString('utf16le');
}

/** Characters beyond the Basic Multilingual Plane stand in no PEM; each becomes one that is no base64. */
function utf32(bytes: Buffer, order: 'LE' | 'BE'): string {
  const units = Buffer.alloc((bytes.length >> 2) * 2);
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const point = order === 'LE' ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    units.writeUInt16LE(point > 0xffff ? 0xfffd : point, at >> 1);
  }
  return units.toString('utf16le');
}

/** Whether bytes that begin with 0, which is a SEQUENCE too, are DER. Text has no control characters; DER has some at once. */
export function isBinary(bytes: Buffer): boolean {
  if (bytes[0] !== 0x30 || wideText(bytes.subarray(0, 1_024)) !== undefined) return false;
  return bytes.subarray(0, 64).some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x20) || byte === 0x7f);
}
