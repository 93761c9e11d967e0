import { createHash } from 'node:crypto';
import { LIMITS } from '@trustcast/schema/limits.js';
import { Asn1Error, Asn1Reader } from '@trustcast/keystore';
import { PrivateKeyNotAllowedError } from '../errors.js';
import { byteLiterals } from './literals/byte-literals.js';
import { innerTexts, sightsOf } from './inner-texts.js';
import { hasKeyWords } from './key-words.js';
import { piecesOf } from './large-text.js';
import { ANY_BEGIN } from './pem-blocks.js';

/** A SEQUENCE in base64; it may stand behind a name or a sign that are digits too. */
const BASE64_DER = /M[A-P](?=[A-Za-z0-9+/_-]{10})/g;
const LINES_OF_DIGITS = /[A-Za-z0-9+/_-]{1,65536}(?:\\[rn]){0,2}[\s>#|*"'\\,]{0,64}/y;
/** DER of a key in hexadecimal: a SEQUENCE, its length, a version, and what follows it. */
const HEX_KEY =
  /(?=30(?:8[1-4][0-9a-f]{2,8}?|[0-7][0-9a-f])(?:0201(?:00|01)(?:02|30[0-2][0-9a-f]06|04)|300[0-9a-f]060[0-9a-f]2a864886f70d01(?:05|0c01)))/gi;
/** PBE schemes of PKCS#5 and PKCS#12, in front of an EncryptedPrivateKeyInfo. */
const PBE_OIDS = ['2a864886f70d0105', '2a864886f70d010c01'];
/** Texts in one another: base64 of base64, hexadecimal of JSON. */
const MAX_NESTED = 5;
/** Characters of a text that is worth remembering. */
const LARGE = 256;
/** Hexadecimal digits that tell a key. */
const TELLING_DIGITS = 128;
const HEX_SIGNS = /0x|\\x|\(byte\)/gi;

/**
 * Throws where a private key is in a text, in any spelling, whole or cut off, with or without its lines of dashes.
 *
 * @throws PrivateKeyNotAllowedError
 */
export function refusePrivateKeyText(given: string): void {
  searchedForKeys(given);
}

/** @returns whether PEM lies in a text that lies in this one. @throws PrivateKeyNotAllowedError */
export function searchedForKeys(given: string): boolean {
  const search = { seen: new Set<string>(), holdsPem: false };
  refuseSights(given, 0, search);
  return search.holdsPem;
}

interface Search {
  /** What was looked at: one value shows in several ways to join the lines around it. */
  readonly seen: Set<string>;
  holdsPem: boolean;
}

function refuseSights(given: string, depth: number, search: Search): void {
  for (const text of sightsOf(given)) refuseIn(text, depth, search);
}

function refuseIn(text: string, depth: number, search: Search): void {
  if (text.length >= LARGE) {
    const digest = createHash('sha256').update(text).digest('base64');
    if (search.seen.has(digest)) return;
    search.seen.add(digest);
  }
  if (depth > 0) search.holdsPem ||= ANY_BEGIN.test(text);
  if (hasKeyWords(text)) throw new PrivateKeyNotAllowedError();
  let storeEnd = 0;
  for (const { index } of text.matchAll(BASE64_DER)) {
    const isStart = !/[A-Za-z0-9+/_-]/.test(text[index - 1] ?? '');
    const bytes = bytesOf(text.slice(index, index + 64));
    if (isStart && index >= storeEnd && isPkcs12Start(bytes)) storeEnd = endOfDigits(text, index);
    refuseDer(bytes, !isStart, index < storeEnd);
  }
  refuseHexIn(text);
  for (const { bytes } of byteLiterals(text)) refusePrivateKeyElements(bytes);
  if (depth === MAX_NESTED) return;
  for (const found of innerTexts(text)) for (const inner of found) refuseSights(inner.text, depth + 1, search);
}

function refuseHexIn(text: string): void {
  let end = '';
  let isFirst = true;
  for (const piece of [...piecesOf(text, HEX_SIGNS), '']) {
    const digits = end + piece.replace(/0x|\\x|\(byte\)|[^0-9a-z]{1,4096}/gi, '');
    const known = piece === '' ? digits.length : digits.length - TELLING_DIGITS;
    for (const { index } of digits.matchAll(HEX_KEY))
      if (index < known)
        refuseDer(Buffer.from(digits.slice(index, index + TELLING_DIGITS), 'hex'), !isFirst || index > 0);
    if (known > 0) isFirst = false;
    end = digits.slice(Math.max(0, known));
  }
}

/** A PFX: version 3, and a ContentInfo. */
function isPkcs12Start(bytes: Buffer): boolean {
  const content = sequenceContent(bytes);
  return content?.subarray(0, 4).equals(Buffer.of(0x02, 0x01, 0x03, 0x30)) === true;
}

/** Where base64 ends that may have line ends, quotation marks and signs between its lines. */
function endOfDigits(text: string, from: number): number {
  let at = from;
  for (LINES_OF_DIGITS.lastIndex = at; LINES_OF_DIGITS.test(text); at = LINES_OF_DIGITS.lastIndex);
  return at;
}

function bytesOf(digits: string): Buffer {
  return Buffer.from(digits, 'base64');
}

/**
 * Throws where bytes begin like a private key: PKCS#8, PKCS#1, SEC1, DSA or an encrypted PKCS#8. The start is enough, so
 * that a key that was cut off is refused too. A certificate, PKCS#7 and PKCS#12 begin otherwise.
 *
 * @throws PrivateKeyNotAllowedError
 */
export function refusePrivateKeyDer(bytes: Buffer): void {
  refuseDer(bytes, false);
}

/**
 * @param isInside whether chance must be excluded, because every place of something long is looked at
 * @param isInStore whether it stands in a PKCS#12 file, which may hold encrypted keys: nobody decrypts them
 */
function refuseDer(bytes: Buffer, isInside: boolean, isInStore = false): void {
  const content = sequenceContent(bytes);
  if (!content) return;
  const [tag, length, version, next] = content;
  const isVersion = tag === 0x02 && length === 1 && (version === 0 || version === 1);
  // An INTEGER (PKCS#1, DSA), an algorithm (PKCS#8) or octets (SEC1) follow the version. A signer of PKCS#7 has a name there.
  const isAlgorithm = next === 0x30 && content[5] !== 0x30;
  if (isVersion && (next === 0x02 || isAlgorithm || next === 0x04) && (!isInside || isPlausible(bytes, content)))
    throw new PrivateKeyNotAllowedError();
  const algorithm = isInStore ? undefined : sequenceContent(content);
  if (algorithm?.[0] !== 0x06) return;
  const oid = algorithm.subarray(2).toString('hex');
  if (PBE_OIDS.some((pbe) => oid.startsWith(pbe))) throw new PrivateKeyNotAllowedError();
}

/** Whether the lengths that a key states agree with one another. */
function isPlausible(bytes: Buffer, content: Buffer): boolean {
  const header = bytes.length - content.length;
  const first = bytes[1] ?? 0;
  const size = header - 2;
  const length = first < 0x80 ? first : size >= 1 && size <= 4 ? bytes.readUIntBE(2, size) : 0;
  const [next, part = 0, inside] = content.subarray(3);
  // The key itself stands in octets behind its algorithm; extensions of certificates have other things there.
  const isAlgorithm = next === 0x30 && inside === 0x06 && (content[5 + part] ?? 0x04) === 0x04;
  const isScalar = next === 0x04 && (part === 0x14 || (part >= 0x18 && part <= 0x48));
  const isNumber = next === 0x02 && (part >= 0x81 ? part <= 0x82 : part >= 0x20);
  return length >= 0x20 && length < 0x10_000 && (isAlgorithm || isScalar || isNumber);
}

/** Throws where one of several DER elements one after the other is a private key. @throws PrivateKeyNotAllowedError */
export function refusePrivateKeyElements(bytes: Buffer): void {
  refusePrivateKeyDer(bytes);
  const reader = new Asn1Reader(bytes, 'BER');
  let end = 0;
  try {
    let left: number = LIMITS.entries;
    while (reader.nextTag === 0x30 && left-- > 0) {
      const { whole } = reader.next();
      refusePrivateKeyDer(whole);
      end += whole.length;
    }
  } catch (error) {
    if (!(error instanceof Asn1Error)) throw error;
  }
  if (end > 0 && end < bytes.length) refusePrivateKeyBehind(bytes.subarray(end));
}

/** Throws where a private key stands anywhere in bytes, as DER or as text. @throws PrivateKeyNotAllowedError */
export function refusePrivateKeyBehind(bytes: Buffer): void {
  for (let at = bytes.indexOf(0x30); at !== -1; at = bytes.indexOf(0x30, at + 1))
    refuseDer(bytes.subarray(at, at + 64), at > 0);
  refusePrivateKeyText(bytes.toString('latin1'));
}

/** What follows the header of a SEQUENCE, which may be cut off. */
function sequenceContent(bytes: Buffer): Buffer | undefined {
  const [tag, length = 0] = bytes;
  if (tag !== 0x30) return undefined;
  return bytes.subarray(2 + (length > 0x80 ? length & 0x7f : 0));
}
