import { readFileSync } from 'node:fs';
import { encodeAlgorithm, encodeElement, encodeInteger, encodeOid } from '@trustcast/keystore/test/asn1.js';

const keys = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/public-keys.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, string>>;

/** Names of the public keys at hand, made by OpenSSL. */
export const KEY_NAMES = Object.keys(keys);

/** SubjectPublicKeyInfo of the key with this name. */
export function publicKey(name: string): Buffer {
  const spki = keys[name];
  if (spki === undefined) throw new Error(`no key ${name}`);
  return Buffer.from(spki, 'base64');
}

/** Parts of a certificate, each in DER; what is left out is ordinary. */
export interface OddParts {
  readonly version?: Buffer;
  readonly serialNumber?: Buffer;
  readonly signatureAlgorithm?: Buffer;
  readonly outerSignatureAlgorithm?: Buffer;
  readonly issuer?: Buffer;
  readonly notBefore?: Buffer;
  readonly notAfter?: Buffer;
  readonly subject?: Buffer;
  readonly publicKey?: Buffer;
  readonly uniqueIds?: Buffer;
  /** Each as {@link extension} makes it. Empty: no extensions at all. `empty list`: the list, with nothing in it. */
  readonly extensions?: readonly Buffer[] | 'empty list';
  readonly signature?: Buffer;
}

export const sequence = (...parts: readonly Uint8Array[]) => encodeElement(0x30, ...parts);
export const utcTime = (text: string) => encodeElement(0x17, Buffer.from(text));
export const generalizedTime = (text: string) => encodeElement(0x18, Buffer.from(text));
export const bits = (bytes: Uint8Array, unused = 0) => encodeElement(0x03, Buffer.from([unused]), bytes);
export const version = (value: number) => encodeElement(0xa0, encodeInteger(value));
export const ECDSA_SHA256 = sequence(encodeOid('1.2.840.10045.4.3.2'));

/** A Name with one attribute, by default a CN in UTF-8. */
export function name(value: string | Buffer, tag = 0x0c, oid = '2.5.4.3'): Buffer {
  return sequence(encodeElement(0x31, sequence(encodeOid(oid), encodeElement(tag, Buffer.from(value)))));
}

export function extension(oid: string, value: Uint8Array, critical: boolean | 'explicit false' = false): Buffer {
  const flag = critical === false ? Buffer.alloc(0) : Buffer.from([1, 1, critical === true ? 0xff : 0]);
  return sequence(encodeOid(oid), flag, encodeElement(0x04, value));
}

export function keyInfo(algorithm: Uint8Array, key: Uint8Array): Buffer {
  return sequence(algorithm, bits(key));
}

export function rsaKey(modulus: Uint8Array, exponent: Uint8Array | number): Buffer {
  return keyInfo(encodeAlgorithm('1.2.840.113549.1.1.1'), sequence(encodeInteger(modulus), encodeInteger(exponent)));
}

/** A certificate from parts that no library would put together. Nobody signed it: nothing that loads it looks. */
export function oddCertificate(parts: OddParts = {}): Buffer {
  const algorithm = parts.signatureAlgorithm ?? ECDSA_SHA256;
  const extensions = parts.extensions ?? [extension('2.5.29.19', sequence(Buffer.from([1, 1, 0xff])), true)];
  const tbs = sequence(
    parts.version ?? version(2),
    parts.serialNumber ?? encodeInteger(4711),
    algorithm,
    parts.issuer ?? name('Odd CA'),
    sequence(parts.notBefore ?? utcTime('240101000000Z'), parts.notAfter ?? utcTime('340101000000Z')),
    parts.subject ?? name('Odd CA'),
    parts.publicKey ?? publicKey('ec-P-256'),
    parts.uniqueIds ?? Buffer.alloc(0),
    extensions.length === 0
      ? Buffer.alloc(0)
      : encodeElement(0xa3, sequence(...(extensions === 'empty list' ? [] : extensions))),
  );
  const signature = parts.signature ?? bits(sequence(encodeInteger(4711), encodeInteger(815)));
  return sequence(tbs, parts.outerSignatureAlgorithm ?? algorithm, signature);
}
