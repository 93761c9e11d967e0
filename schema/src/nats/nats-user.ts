import { type KeyObject, createPublicKey, sign } from 'node:crypto';
import type { Ed25519Jwk } from '../signed/ed25519-key.js';

const USER_PREFIX = 20 << 3;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * Name under which nats-server knows the owner of an Ed25519 key: an nkey of kind user, `U` and 55 characters.
 *
 * The encoding is NATS's own: base32 of prefix, key and CRC-16/XMODEM in little-endian order.
 */
export function natsUserOf({ x }: Ed25519Jwk): string {
  const body = Buffer.from([USER_PREFIX, ...Buffer.from(x, 'base64url')]);
  const crc = crc16(body);
  return base32(Buffer.from([...body, crc & 0xff, crc >> 8]));
}

/**
 * Answers nats-server's challenge with an Ed25519 key, as an nkey does.
 *
 * The same key signs documents, so it must never be led to sign one here: a server's nonce is short base64url, and what
 * a JWS signs (RFC 7515, 5.1) always has a dot.
 *
 * @returns undefined for a nonce that is not one
 */
export function natsLogin(
  privateKey: KeyObject,
  nonce: string | undefined,
): { readonly nkey: string; readonly sig: string } | undefined {
  if (nonce === undefined || !/^[A-Za-z0-9_-]{1,64}$/.test(nonce)) return undefined;
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return {
    nkey: natsUserOf({ kty: 'OKP', crv: 'Ed25519', x }),
    sig: sign(null, Buffer.from(nonce), privateKey).toString('base64url'),
  };
}

function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc;
}

function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32.charAt(parseInt(five.padEnd(5, '0'), 2))).join('');
}
