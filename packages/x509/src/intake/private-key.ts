import { LIMITS } from '@trustcast/schema';
import { Asn1Error, Asn1Reader } from '@trustcast/keystore';
import { PrivateKeyNotAllowedError } from '../errors.js';
import { isPrintable } from './base64.js';
import { readForms } from './text-forms.js';

/**
 * Words that only stand where a private key is, or is said to be: PEM, OpenSSH, SSH2, PuTTY, PGP, XML, JWK. All of a group
 * must be there. Every repetition has a bound: this runs over megabytes of whatever is sent.
 */
const WORDS: readonly (readonly RegExp[])[] = [
  [/PRIVATE[ _+-]{1,4}KEY/i, /(?:BEGIN|END)[ _+-]{1,4}(?:[A-Z0-9]{1,16}[ _+-]{1,4}){0,4}PRIVATE[ _+-]{1,4}KEY/i],
  [/PuTTY-User-Key-File|Private-(?:Lines|MAC):/i],
  [/openssh-key-v1/],
  [/<RSAKeyValue>/i, /<(?:D|P|Q)>/],
  [/"kty"\s{0,8}:/, /"d"\s{0,8}:/],
];
/** Bounded, because a pattern that runs over megabytes overflows the stack. */
const BASE64_RUN = /[A-Za-z0-9+/_-]{16,65536}/g;
/** A SEQUENCE in base64. */
const BASE64_DER = /^M[A-P]/;
const HEX_RUN = /30(?:[\s:]?[0-9a-f]{2}){11,64}/gi;
/** PBE schemes of PKCS#5 and PKCS#12, in front of an EncryptedPrivateKeyInfo. */
const PBE_OIDS = ['2a864886f70d0105', '2a864886f70d010c01'];
const MAX_NESTED_BASE64 = 2;

/**
 * Throws where a private key is in a text, in any spelling, whole or cut off, with or without its lines of dashes.
 *
 * @throws PrivateKeyNotAllowedError
 */
export function refusePrivateKeyText(text: string, depth = 0): void {
  if (WORDS.some((group) => group.every((word) => word.test(text)))) throw new PrivateKeyNotAllowedError();
  for (const [run] of text.matchAll(BASE64_RUN)) {
    if (BASE64_DER.test(run)) refusePrivateKeyDer(Buffer.from(run.slice(0, 64), 'base64'));
    // A Kubernetes secret, or a key pasted from one: base64 of text.
    else if (depth < MAX_NESTED_BASE64 && isPrintable(Buffer.from(run.slice(0, 16), 'base64')))
      refusePrivateKeyText(readForms(Buffer.from(run, 'base64').toString('latin1')).text, depth + 1);
  }
  for (const [run] of text.matchAll(HEX_RUN)) refusePrivateKeyDer(Buffer.from(run.replace(/[\s:]/g, ''), 'hex'));
}

/**
 * Throws where bytes begin like a private key: PKCS#8, PKCS#1, SEC1, DSA or an encrypted PKCS#8. The start is enough, so
 * that a key that was cut off is refused too. A certificate, PKCS#7 and PKCS#12 begin otherwise.
 *
 * @throws PrivateKeyNotAllowedError
 */
export function refusePrivateKeyDer(bytes: Buffer): void {
  const content = sequenceContent(bytes);
  if (!content) return;
  const [tag, length, version, next] = content;
  const isVersion = tag === 0x02 && length === 1 && (version === 0 || version === 1);
  // An INTEGER (PKCS#1, DSA), an algorithm (PKCS#8) or octets (SEC1) follow the version.
  if (isVersion && (next === 0x02 || next === 0x30 || next === 0x04)) throw new PrivateKeyNotAllowedError();
  const algorithm = sequenceContent(content);
  if (algorithm?.[0] !== 0x06) return;
  const oid = algorithm.subarray(2).toString('hex');
  if (PBE_OIDS.some((pbe) => oid.startsWith(pbe))) throw new PrivateKeyNotAllowedError();
}

/** Throws where one of several DER elements one after the other is a private key. @throws PrivateKeyNotAllowedError */
export function refusePrivateKeyElements(bytes: Buffer): void {
  refusePrivateKeyDer(bytes);
  const reader = new Asn1Reader(bytes, 'BER');
  try {
    let left: number = LIMITS.entries;
    while (reader.nextTag === 0x30 && left-- > 0) refusePrivateKeyDer(reader.next().whole);
  } catch (error) {
    if (!(error instanceof Asn1Error)) throw error;
  }
}

/** What follows the header of a SEQUENCE, which may be cut off. */
function sequenceContent(bytes: Buffer): Buffer | undefined {
  const [tag, length = 0] = bytes;
  if (tag !== 0x30) return undefined;
  return bytes.subarray(2 + (length > 0x80 ? length & 0x7f : 0));
}
