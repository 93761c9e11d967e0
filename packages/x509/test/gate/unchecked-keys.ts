import { generateKeyPairSync, getCurves } from 'node:crypto';
import { encodeInteger, encodeOid } from '@trustcast/keystore/test/asn1.js';
import { keyInfo, oddCertificate, publicKey, rsaKey, sequence } from './odd-certificate.js';

const number = (bytes: number) => encodeInteger(Buffer.alloc(bytes, 0xc1));
const dsa = (prime: number, order: number) =>
  oddCertificate({
    publicKey: keyInfo(
      sequence(encodeOid('1.2.840.10040.4.1'), sequence(number(prime), number(order), number(prime - 1))),
      number(prime - 1),
    ),
  });
const curveOf = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).publicKey.export({ type: 'spki', format: 'der' });

/** An odd number of so many bits that no number below 1,000 divides. */
function withoutSmallFactors(bits: number): Buffer {
  const divisors = Array.from({ length: 998 }, (_, index) => BigInt(index + 2));
  let value = 2n ** BigInt(bits) - 1n;
  while (divisors.some((divisor) => value % divisor === 0n)) value -= 2n;
  return Buffer.from(value.toString(16), 'hex');
}

/** Keys of which it would take seconds or minutes to say whether they are sound, or which nothing here can check. */
export const UNCHECKED_KEYS: readonly { readonly what: string; readonly der: Buffer }[] = [
  ...[8_200, 16_384].map((bits) => ({
    what: `an RSA modulus of ${bits} bits that no signature proves`,
    der: oddCertificate({ publicKey: rsaKey(withoutSmallFactors(bits), 65_537) }),
  })),
  { what: 'a DSA group with a prime of 17,000 bits', der: dsa(2_125, 32) },
  { what: 'a DSA group with an order of 30,000 bits', der: dsa(4_000, 3_750) },
  { what: 'a DSA group with an order of 528 bits', der: dsa(256, 66) },
  ...['sect233r1', 'sect571k1', 'secp112r2', 'c2tnb239v3'].map((curve) => ({
    what: `a key on ${curve}`,
    der: oddCertificate({ publicKey: curveOf(curve) }),
  })),
];

/** A key on each curve that OpenSSL makes keys on. */
export function keysOfAllCurves(): { curve: string; der: Buffer }[] {
  return getCurves()
    .filter((curve) => !curve.startsWith('Oakley'))
    .map((curve) => ({ curve, der: oddCertificate({ publicKey: curveOf(curve) }) }));
}

/** x = 0 on sect233r1 (SEC 2 section 3.3.2), where y is the square root of b: a point of the order 2. */
export const POINT_OUTSIDE_ITS_GROUP = (() => {
  const info = Buffer.from(publicKey('ec-sect233r1'));
  const root = squareRoot(0x0066647ede6c332c7f8c0923bb58213b333b20e9ce4281fe115f7d8f90adn);
  info.fill(0, info.length - 60).write(root.toString(16).padStart(60, '0'), info.length - 30, 'hex');
  return oddCertificate({ publicKey: info });
})();

/** In the field of 2^233 elements, modulo z^233 + z^74 + 1: what is squared 232 times is the root. */
function squareRoot(value: bigint): bigint {
  let root = value;
  for (let left = 232; left > 0; left--) {
    let square = BigInt(`0b${Array.from(root.toString(2)).join('0')}`);
    for (let bit = 464n; bit >= 233n; bit--)
      if ((square >> bit) & 1n) square ^= (1n << bit) ^ (1n << (bit - 159n)) ^ (1n << (bit - 233n));
    root = square;
  }
  return root;
}
