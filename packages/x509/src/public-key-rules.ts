import { Asn1Reader } from '@trustcast/keystore';
import { RSA_PSS, demandPssParameters, readAlgorithm } from './algorithm-identifier.js';
import { bitString, integer } from './certificate-parts.js';
import { curveOf } from './curves.js';
import { demand } from './demand.js';

const RSA = '1.2.840.113549.1.1.1';
const EC = '1.2.840.10045.2.1';
const DSA = '1.2.840.10040.4.1';
const DH = '1.2.840.113549.1.3.1';

/** Algorithms without parameters whose keys have one length. */
const FIXED: Readonly<Record<string, { readonly name: string; readonly bytes: number }>> = {
  '1.3.101.110': { name: 'X25519', bytes: 32 },
  '1.3.101.111': { name: 'X448', bytes: 56 },
  '1.3.101.112': { name: 'Ed25519', bytes: 32 },
  '1.3.101.113': { name: 'Ed448', bytes: 57 },
  '2.16.840.1.101.3.4.3.17': { name: 'ML-DSA-44', bytes: 1312 },
  '2.16.840.1.101.3.4.3.18': { name: 'ML-DSA-65', bytes: 1952 },
  '2.16.840.1.101.3.4.3.19': { name: 'ML-DSA-87', bytes: 2592 },
  '2.16.840.1.101.3.4.3.20': { name: 'SLH-DSA-SHA2-128s', bytes: 32 },
  '2.16.840.1.101.3.4.3.21': { name: 'SLH-DSA-SHA2-128f', bytes: 32 },
  '2.16.840.1.101.3.4.3.22': { name: 'SLH-DSA-SHA2-192s', bytes: 48 },
  '2.16.840.1.101.3.4.3.23': { name: 'SLH-DSA-SHA2-192f', bytes: 48 },
  '2.16.840.1.101.3.4.3.24': { name: 'SLH-DSA-SHA2-256s', bytes: 64 },
  '2.16.840.1.101.3.4.3.25': { name: 'SLH-DSA-SHA2-256f', bytes: 64 },
  '2.16.840.1.101.3.4.3.26': { name: 'SLH-DSA-SHAKE-128s', bytes: 32 },
  '2.16.840.1.101.3.4.3.27': { name: 'SLH-DSA-SHAKE-128f', bytes: 32 },
  '2.16.840.1.101.3.4.3.28': { name: 'SLH-DSA-SHAKE-192s', bytes: 48 },
  '2.16.840.1.101.3.4.3.29': { name: 'SLH-DSA-SHAKE-192f', bytes: 48 },
  '2.16.840.1.101.3.4.3.30': { name: 'SLH-DSA-SHAKE-256s', bytes: 64 },
  '2.16.840.1.101.3.4.3.31': { name: 'SLH-DSA-SHAKE-256f', bytes: 64 },
};

/** A public key in words. */
export interface PublicKeyDescription {
  readonly algorithm: string;
  /** Bits; null where a curve or parameter set says it all. */
  readonly size: number | null;
  readonly curve: string | null;
}

/**
 * Reads a SubjectPublicKeyInfo that every supported JDK loads. Java builds the key of an algorithm that it knows while it
 * parses the certificate, so a key that no one will use breaks the file all the same.
 *
 * @throws NotJavaSafeError, Asn1Error
 */
export function describePublicKey(whole: Buffer): PublicKeyDescription {
  const fields = new Asn1Reader(whole, 'DER').enter(0x30);
  const { oid, parameters } = readAlgorithm(fields.next(0x30).whole, 'PUBLIC_KEY');
  const { bytes: key, unused } = bitString(fields.next(0x03));
  fields.end();
  demand(unused === 0, 'PUBLIC_KEY', 'the public key is not a whole number of bytes');
  switch (oid) {
    case RSA:
      demand(parameters === undefined, 'PUBLIC_KEY', 'an RSA key has parameters');
      return { algorithm: 'RSA', size: rsaBits(key), curve: null };
    case RSA_PSS:
      if (parameters) demandPssParameters(parameters, 'PUBLIC_KEY');
      return { algorithm: 'RSASSA-PSS', size: rsaBits(key), curve: null };
    case EC:
      return ecKey(parameters, key);
    case DSA:
      demandOneInteger(key);
      return { algorithm: 'DSA', size: parameters ? firstBits(parameters, 3, 3) : null, curve: null };
    case DH:
      demand(parameters !== undefined, 'PUBLIC_KEY', 'a Diffie-Hellman key has no parameters');
      demandOneInteger(key);
      return { algorithm: 'DH', size: firstBits(parameters, 2, 3), curve: null };
    default:
      return fixedKey(oid, parameters, key);
  }
}

function rsaBits(key: Buffer): number {
  const reader = new Asn1Reader(key, 'DER');
  const fields = reader.enter(0x30);
  reader.end();
  const [modulus, exponent] = [integer(fields.next(0x02)), integer(fields.next(0x02))];
  fields.end();
  demand(
    [modulus, exponent].every(([first = 0]) => first < 0x80),
    'PUBLIC_KEY',
    'an RSA key is negative',
  );
  const [bits, exponentBits] = [bitLength(modulus), bitLength(exponent)];
  // sun.security.rsa.RSAKeyFactory rounds up to whole bytes before it compares.
  demand(Math.ceil(bits / 8) * 8 >= 512, 'PUBLIC_KEY', 'an RSA modulus has less than 512 bits');
  demand(bits <= 16_384, 'PUBLIC_KEY', 'an RSA modulus has more than 16,384 bits');
  demand(exponentBits > 2 || (exponent[0] ?? 0) >= 3, 'PUBLIC_KEY', 'an RSA exponent is less than 3');
  demand(bits <= 3072 || exponentBits <= 64, 'PUBLIC_KEY', 'an RSA exponent has more than 64 bits');
  demand(exponentBits < bits, 'PUBLIC_KEY', 'an RSA exponent is as long as its modulus');
  // BouncyCastle, where it comes before the JDK's providers, refuses the whole file for these.
  demand(isOdd(modulus) && isOdd(exponent), 'KEY_VALUE', 'an RSA modulus or exponent is even');
  demand(!hasSmallFactor(modulus), 'KEY_VALUE', 'an RSA modulus has a small prime factor');
  return bits;
}

function ecKey(parameters: Buffer | undefined, point: Buffer): PublicKeyDescription {
  demand(parameters?.[0] === 0x06, 'PUBLIC_KEY', 'an EC key does not name its curve (explicit or no parameters)');
  const { name, bits, holds } = curveOf(new Asn1Reader(parameters, 'DER').oid());
  demand(
    point[0] === 0x04 && point.length === 1 + 2 * Math.ceil(bits / 8),
    'PUBLIC_KEY',
    'an EC point is compressed, or does not fit its curve',
  );
  demand(holds(point), 'KEY_VALUE', 'an EC point is not on its curve');
  return { algorithm: 'EC', size: bits, curve: name };
}

function fixedKey(oid: string, parameters: Buffer | undefined, key: Buffer): PublicKeyDescription {
  const known = FIXED[oid];
  demand(known !== undefined, 'PUBLIC_KEY_ALGORITHM', `the key has the algorithm ${oid}, which no JDK knows`);
  demand(
    parameters === undefined && key.length === known.bytes,
    'PUBLIC_KEY',
    `the ${known.name} key has parameters or a wrong length`,
  );
  return { algorithm: known.name, size: null, curve: null };
}

/** Bits of the first of `least` to `most` INTEGERs in a SEQUENCE. */
function firstBits(parameters: Buffer, least: number, most: number): number {
  const reader = new Asn1Reader(parameters, 'DER').enter(0x30);
  const integers: Buffer[] = [];
  while (!reader.done) integers.push(integer(reader.next(0x02)));
  demand(integers.length >= least && integers.length <= most, 'PUBLIC_KEY', 'the parameters of its key are malformed');
  // The third of Diffie-Hellman is an int to Java.
  demand(least === most || (integers[2]?.length ?? 0) <= 4, 'PUBLIC_KEY', 'the parameters of its key are out of range');
  return bitLength(integers[0] ?? Buffer.alloc(1));
}

function demandOneInteger(key: Buffer): void {
  const reader = new Asn1Reader(key, 'DER');
  integer(reader.next(0x02));
  reader.end();
}

function bitLength(value: Buffer): number {
  const start = value.findIndex((byte) => byte !== 0);
  return start < 0 ? 0 : (value.length - start) * 8 - Math.clz32(value[start] ?? 0) + 24;
}

/** The largest prime that BouncyCastle divides by (org.bouncycastle.crypto.params.RSAKeyParameters, 1.70 to 1.82). */
const LARGEST_SMALL_PRIME = 743;
const SMALL_PRIMES_PRODUCT = primesUpTo(LARGEST_SMALL_PRIME).reduce((product, prime) => product * prime, 1n);

function hasSmallFactor(modulus: Buffer): boolean {
  let [a, b] = [SMALL_PRIMES_PRODUCT, BigInt(`0x${modulus.toString('hex')}`) % SMALL_PRIMES_PRODUCT];
  while (b > 0n) [a, b] = [b, a % b];
  return a !== 1n;
}

function primesUpTo(limit: number): bigint[] {
  const numbers = Array.from({ length: limit - 1 }, (_, index) => index + 2);
  return numbers.filter((number) => numbers.every((other) => other >= number || number % other !== 0)).map(BigInt);
}

function isOdd(value: Buffer): boolean {
  return ((value.at(-1) ?? 0) & 1) === 1;
}
