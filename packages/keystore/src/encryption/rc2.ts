import { KeystoreError } from '../errors.js';

/** PITABLE of RFC 2268 section 2. */
const PI = Buffer.from(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2' +
    '179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82' +
    '54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626' +
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7' +
    '08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec' +
    'c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9' +
    '0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
  'hex',
);
const SHIFTS = [1, 2, 3, 5] as const;
const BLOCK = 8;

/**
 * RC2 in CBC mode with PKCS#7 padding, decryption only (RFC 2268). The effective key is as long as the key.
 *
 * JDK 8 and older OpenSSL encrypt certificates with RC2-40, which OpenSSL 3 no longer offers by default.
 */
export function rc2CbcDecrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Buffer {
  if (data.length === 0 || data.length % BLOCK !== 0) throw badPadding();
  const words = expand(key);
  const out = Buffer.from(data);
  for (let at = 0; at < out.length; at += BLOCK) {
    decryptBlock(words, out, at);
    for (let index = 0; index < BLOCK; index++)
      out[at + index] = (out[at + index] ?? 0) ^ ((at === 0 ? iv[index] : data[at - BLOCK + index]) ?? 0);
  }
  const padding = out[out.length - 1] ?? 0;
  if (padding < 1 || padding > BLOCK || !out.subarray(-padding).every((byte) => byte === padding)) throw badPadding();
  return out.subarray(0, -padding);
}

function expand(key: Uint8Array): Uint16Array {
  const bytes = new Uint8Array(128);
  bytes.set(key);
  const at = (index: number) => bytes[index] ?? 0;
  const pi = (index: number) => PI[index & 0xff] ?? 0;
  for (let index = key.length; index < 128; index++) bytes[index] = pi(at(index - 1) + at(index - key.length));
  bytes[128 - key.length] = pi(at(128 - key.length));
  for (let index = 127 - key.length; index >= 0; index--) bytes[index] = pi(at(index + 1) ^ at(index + key.length));
  return Uint16Array.from({ length: 64 }, (_, index) => at(2 * index) | (at(2 * index + 1) << 8));
}

function decryptBlock(words: Uint16Array, block: Buffer, at: number): void {
  const r = [0, 2, 4, 6].map((offset) => block.readUInt16LE(at + offset));
  const word = (index: number) => r[index & 3] ?? 0;
  const mash = () => {
    for (let index = 3; index >= 0; index--) r[index] = (word(index) - (words[word(index + 3) & 63] ?? 0)) & 0xffff;
  };
  for (let round = 15; round >= 0; round--) {
    for (let index = 3; index >= 0; index--) {
      const shift = SHIFTS[index] ?? 0;
      const rotated = ((word(index) >>> shift) | (word(index) << (16 - shift))) & 0xffff;
      const mixed = (word(index + 3) & word(index + 2)) + (~word(index + 3) & word(index + 1));
      r[index] = (rotated - (words[4 * round + index] ?? 0) - mixed) & 0xffff;
    }
    if (round === 11 || round === 5) mash();
  }
  for (const [index, value] of r.entries()) block.writeUInt16LE(value, at + 2 * index);
}

function badPadding(): KeystoreError {
  return new KeystoreError('KEYSTORE_PASSWORD_WRONG', 'the password is wrong, or the keystore was changed');
}
