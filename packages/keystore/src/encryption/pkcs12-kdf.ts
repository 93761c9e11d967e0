import { createHash, hash as hashOnce } from 'node:crypto';
import type { Digest } from './digests.js';

/** What a derived value is for: RFC 7292 appendix B.3. */
export const KDF_PURPOSE = { key: 1, iv: 2, mac: 3 } as const;

/**
 * The key derivation of PKCS#12 (RFC 7292 appendix B.2).
 *
 * @param password encoded by {@link bmpPassword}
 */
export function pkcs12Kdf(
  { name, block }: Digest,
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  purpose: number,
  length: number,
): Buffer {
  const diversifier = Buffer.alloc(block, purpose);
  const input = Buffer.concat([repeated(salt, block), repeated(password, block)]);
  const derived: Buffer[] = [];
  for (let have = 0; have < length;) {
    let digest = createHash(name).update(diversifier).update(input).digest();
    for (let round = 1; round < iterations; round++) digest = hashOnce(name, digest, 'buffer');
    derived.push(digest);
    have += digest.length;
    if (have < length) addToBlocks(input, repeated(digest, block).subarray(0, block), block);
  }
  return Buffer.concat(derived).subarray(0, length);
}

/** UTF-16BE with two zero bytes at the end, as RFC 7292 appendix B.1 wants it. */
export function bmpPassword(password: string): Buffer {
  return Buffer.from(`${password}\0`, 'utf16le').swap16();
}

function repeated(bytes: Uint8Array, block: number): Buffer {
  const out = Buffer.alloc(Math.ceil(bytes.length / block) * block);
  for (let at = 0; at < out.length; at++) out[at] = bytes[at % bytes.length] ?? 0;
  return out;
}

/** Adds `addend` + 1 to every block of `input`, each a big-endian number. */
function addToBlocks(input: Buffer, addend: Uint8Array, block: number): void {
  for (let start = 0; start < input.length; start += block) {
    let carry = 1;
    for (let at = block - 1; at >= 0; at--) {
      const sum = (input[start + at] ?? 0) + (addend[at] ?? 0) + carry;
      input[start + at] = sum & 0xff;
      carry = sum >> 8;
    }
  }
}
