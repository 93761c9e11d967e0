import { X509Certificate, checkPrimeSync, createPublicKey } from 'node:crypto';
import { Asn1Reader } from '@trustcast/keystore';
import { readAlgorithm } from './algorithm-identifier.js';
import { type CertificateParts, bitString, integer } from './certificate-parts.js';
import { demand } from './demand.js';
import { isEdwardsKey, power } from './edwards-point.js';
import { describePublicKey } from './public-key-rules.js';

/** Throws unless every provider makes a key of this certificate's. The JDK makes keys of numbers that are none. */
export function demandSoundKey(parts: CertificateParts, der: Uint8Array): void {
  const { algorithm } = describePublicKey(parts.publicKeyInfo);
  const fields = new Asn1Reader(parts.publicKeyInfo, 'DER').enter(0x30);
  const { parameters } = readAlgorithm(fields.next(0x30).whole, 'PUBLIC_KEY');
  const { bytes } = bitString(fields.next(0x03));
  switch (algorithm) {
    case 'RSA':
    case 'RSASSA-PSS':
      demandCompositeModulus(bytes, parts, der);
      break;
    case 'Ed25519':
    case 'Ed448':
      demand(isEdwardsKey(algorithm, bytes), 'KEY_VALUE', `the ${algorithm} key is not a point of its group`);
      break;
    case 'DSA':
    case 'DH':
      demandGroupElement(algorithm, parameters, bytes);
      break;
    default:
      demand(!algorithm.startsWith('SLH-DSA'), 'PUBLIC_KEY_ALGORITHM', `the key has the algorithm ${algorithm}`);
      // JDK 24 and later know it. BC-FIPS 2.1 and BouncyCastle 1.71 make no key of it, and then no trust manager of the file.
      demand(!algorithm.startsWith('ML-DSA'), 'PROVIDER', `some of them make no key of ${algorithm}`);
  }
}

/** Bits of the largest modulus that is looked at for being prime. */
const MAX_CHECKED_MODULUS_BITS = 8_192;
/** Bits of the largest DSA group in use: FIPS 186-4 ends at 3,072 and 256. The JDK takes numbers of any length. */
const MAX_DSA_PRIME_BITS = 16_384;
const MAX_DSA_ORDER_BITS = 512;

/**
 * BouncyCastle looks for prime moduli. The test costs 2 ms at 2,048 bits, 14 ms at 4,096, 120 ms at 8,192 and 900 ms at 16,384, so there
 * is none of larger ones. A certificate whose own signature its key verifies is spared it: a modulus that is prime by accident is random
 * garbage, and signs nothing.
 */
function demandCompositeModulus(key: Buffer, parts: CertificateParts, der: Uint8Array): void {
  if (isSelfSigned(parts, der)) return;
  const modulus = integer(new Asn1Reader(key, 'DER').enter(0x30).next(0x02));
  const bits = number(modulus).toString(16).length * 4;
  demand(
    bits <= MAX_CHECKED_MODULUS_BITS,
    'KEY_UNCHECKED',
    `its RSA modulus has more than ${MAX_CHECKED_MODULUS_BITS} bits, and the certificate is not signed with this key itself`,
  );
  demand(!checkPrimeSync(modulus, { checks: 1 }), 'KEY_VALUE', 'an RSA modulus is a prime number');
  // BC-FIPS refuses these: the root of such a number is its factor.
  demand(!isPower(number(modulus)), 'KEY_VALUE', 'an RSA modulus is a power of another number');
}

function isSelfSigned({ subject, issuer, publicKeyInfo }: CertificateParts, der: Uint8Array): boolean {
  if (!subject.equals(issuer)) return false;
  try {
    return new X509Certificate(der).verify(createPublicKey({ key: publicKeyInfo, type: 'spki', format: 'der' }));
  } catch {
    return false;
  }
}

/** An element y of a DSA or Diffie-Hellman group: 1 < y < p - 1, and y^q = 1 modulo p where q is known. */
function demandGroupElement(algorithm: 'DSA' | 'DH', parameters: Buffer | undefined, key: Buffer): void {
  const y = number(integer(new Asn1Reader(key, 'DER').next(0x02)));
  if (!parameters) return;
  const group = new Asn1Reader(parameters, 'DER').enter(0x30);
  const p = number(integer(group.next(0x02)));
  demand(p > 3n && y > 1n && y < p - 1n, 'KEY_VALUE', `the ${algorithm} key is out of range`);
  if (algorithm === 'DH') return;
  const q = number(integer(group.next(0x02)));
  demand(q > 1n && q < p, 'KEY_VALUE', 'the order of its DSA group is out of range');
  demand(
    p < 1n << BigInt(MAX_DSA_PRIME_BITS) && q < 1n << BigInt(MAX_DSA_ORDER_BITS),
    'KEY_UNCHECKED',
    `its DSA group has a prime of more than ${MAX_DSA_PRIME_BITS} bits, or an order of more than ${MAX_DSA_ORDER_BITS}`,
  );
  demand(power(y, q, p) === 1n, 'KEY_VALUE', 'the DSA key is not in its group');
}

/** The smallest prime that the gate does not divide by has more bits, and roots have as many. */
const LEAST_FACTOR_BITS = 9;
/** Primes by which one exponent is tried before the root is drawn. */
const TRIED_PRIMES = 12;

/** Whether a number is a square, a cube or a higher power. It has no small factors. */
function isPower(value: bigint): boolean {
  const bits = value.toString(16).length * 4;
  for (let exponent = 2; exponent <= bits / LEAST_FACTOR_BITS; exponent++) {
    if (!isPrime(exponent) || !mayBePower(value, exponent)) continue;
    const k = BigInt(exponent);
    if (rootOf(value, k, bits) ** k === value) return true;
  }
  return false;
}

/** Euler's criterion: modulo a prime q = 1 + m·k, a k-th power to the m is 1. Of other numbers, one in k passes. */
function mayBePower(value: bigint, exponent: number): boolean {
  for (let m = 1, tried = 0; tried < TRIED_PRIMES; m++) {
    const q = m * exponent + 1;
    if (q === 2 || !isPrime(q)) continue;
    tried++;
    const rest = value % BigInt(q);
    if (rest !== 0n && power(rest, BigInt(m), BigInt(q)) !== 1n) return false;
  }
  return true;
}

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false;
  return number > 1;
}

/** The whole part of a root, by Newton's method from above. */
function rootOf(value: bigint, k: bigint, bits: number): bigint {
  let root = 1n << BigInt(Math.ceil(bits / Number(k)));
  for (;;) {
    const next = ((k - 1n) * root + value / root ** (k - 1n)) / k;
    if (next >= root) return root;
    root = next;
  }
}

function number(content: Buffer): bigint {
  return BigInt.asIntN(content.length * 8, BigInt(`0x${content.toString('hex')}`));
}
