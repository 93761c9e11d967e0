import { type KeyObject, createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { MalformedError } from '../errors.js';
import type { Ed25519Jwk } from '../signed/ed25519-key.js';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 43 characters of base 62 hold 256 bits, six hold 32. */
const BITS256_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const BYTES = 32;
const FORM = new RegExp(
  `^tce_([0-9A-Za-z]{${BITS256_LENGTH}})([0-9A-Za-z]{${BITS256_LENGTH}})[0-9A-Za-z]{${CHECKSUM_LENGTH}}$`,
);

/** 256 bits in base 62, 43 characters. */
export function base62(bytes: Uint8Array): string {
  return digits(BigInt(`0x${Buffer.from(bytes).toString('hex')}`), BITS256_LENGTH);
}

/** CRC-32 in base 62, six characters, by which scanners for secrets recognise a token. */
export function tokenChecksum(text: string): string {
  return digits(BigInt(crc32(text)), CHECKSUM_LENGTH);
}

function digits(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; rest > 0n; rest /= 62n) text = (BASE62[Number(rest % 62n)] ?? '') + text;
  return text.padStart(length, '0');
}

function bytesOf(text: string): Buffer | null {
  let value = 0n;
  for (const digit of text) value = value * 62n + BigInt(BASE62.indexOf(digit));
  const hex = value.toString(16).padStart(2 * BYTES, '0');
  return hex.length === 2 * BYTES ? Buffer.from(hex, 'hex') : null;
}

/** What an enrollment token holds. */
export interface EnrollmentToken {
  /** RFC 7638 thumbprint of the key that signed statements when the token was made: the first contact believes no other. */
  readonly pin: string;
  /** Signs the request of a host that enrolls: the token itself is sent to nobody. */
  readonly privateKey: KeyObject;
  readonly publicKey: Ed25519Jwk;
}

/**
 * Composes an enrollment token: `tce_`, 256 secret bits and a thumbprint of 256 bits, both in base 62, and a checksum.
 *
 * @param secret 32 random bytes
 */
export function formatEnrollmentToken(secret: Uint8Array, pin: string): string {
  const body = `tce_${base62(secret)}${base62(Buffer.from(pin, 'base64url'))}`;
  return body + tokenChecksum(body);
}

/** Reads an enrollment token. @throws MalformedError, which never shows it */
export function parseEnrollmentToken(text: string): EnrollmentToken {
  const [, secret, pin] = FORM.exec(text) ?? [];
  if (secret === undefined || pin === undefined)
    throw new MalformedError('token', 'is no enrollment token: it begins with tce_ and has 96 characters');
  if (tokenChecksum(text.slice(0, -CHECKSUM_LENGTH)) !== text.slice(-CHECKSUM_LENGTH))
    throw new MalformedError('token', 'is mistyped or cut: its checksum is wrong; copy it once more');
  const [bits, print] = [bytesOf(secret), bytesOf(pin)];
  if (!bits || !print) throw new MalformedError('token', 'is no enrollment token');
  const privateKey = keyOf(bits);
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { pin: print.toString('base64url'), privateKey, publicKey: { kty: 'OKP', crv: 'Ed25519', x } };
}

/** PKCS #8 of an Ed25519 key before its 32 bytes (RFC 8410, 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

function keyOf(secret: Uint8Array): KeyObject {
  const seed = createHash('sha256').update('trustcast-enrollment/1\n').update(secret).digest();
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' });
}
