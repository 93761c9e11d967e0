import { checkPrimeSync } from 'node:crypto';
import { encodeInteger, encodeOid } from '@trustcast/keystore/test/asn1.js';
import { KEY_NAMES, keyInfo, name, oddCertificate, publicKey, rsaKey, sequence } from './odd-certificate.js';

const modulus = Buffer.alloc(256, 0xc1);
/** The largest odd number of 2,048 bits that has this factor. */
const times = (factor: bigint) => {
  const top = 2n ** 2048n - 1n;
  let value = top - (top % factor);
  if (value % 2n === 0n) value -= factor;
  return Buffer.from(value.toString(16), 'hex');
};
const offCurve = (key: string) => {
  const info = Buffer.from(publicKey(key));
  info[info.length - 1] = (info.at(-1) ?? 0) ^ 1;
  return info;
};

/** 2^521 - 1 is prime, as Robinson found in 1952. */
const primeModulus = Buffer.from((2n ** 521n - 1n).toString(16).padStart(132, '0'), 'hex');
if (!checkPrimeSync(primeModulus)) throw new Error('it is not');
const bytesOf = (number: bigint) => {
  const hex = number.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
};
const edwards = (arc: number, key: Buffer) =>
  oddCertificate({ publicKey: keyInfo(sequence(encodeOid(`1.3.101.${arc}`)), key) });
const first = (byte: number, length: number) => Buffer.alloc(length).fill(byte, 0, 1);
/** A DSA key whose value is 3, in a group that it does not belong to. */
const dsaOutOfGroup = () => {
  const info = publicKey('dsa');
  const algorithm = info.subarray(info[1] === 0x82 ? 4 : 3);
  const length = algorithm.readUInt16BE(2) + 4;
  return keyInfo(algorithm.subarray(0, length), encodeInteger(3));
};

/** Keys that the JDK loads and nobody can use: BouncyCastle or BC-FIPS refuses the truststore that holds them. */
export const BROKEN_KEYS: readonly { readonly what: string; readonly der: Buffer }[] = [
  {
    what: 'an even RSA modulus',
    der: oddCertificate({ publicKey: rsaKey(Buffer.concat([modulus.subarray(1), Buffer.of(0xc2)]), 65_537) }),
  },
  { what: 'an even RSA exponent', der: oddCertificate({ publicKey: rsaKey(modulus, 65_536) }) },
  ...[3n, 5n, 97n, 743n].map((factor) => ({
    what: `an RSA modulus with the factor ${factor}`,
    der: oddCertificate({ publicKey: rsaKey(times(factor), 65_537) }),
  })),
  { what: 'an RSA modulus that is prime', der: oddCertificate({ publicKey: rsaKey(primeModulus, 65_537) }) },
  ...[2n, 3n, 5n].map((power) => ({
    what: `an RSA modulus that is a prime to the power of ${power}`,
    der: oddCertificate({ publicKey: rsaKey(bytesOf((2n ** 521n - 1n) ** power), 65_537) }),
  })),
  { what: 'an Ed25519 key that is no point', der: edwards(112, first(2, 32)) },
  { what: 'an Ed25519 key of small order', der: edwards(112, Buffer.alloc(32)) },
  { what: 'an Ed25519 key outside the group', der: edwards(112, first(3, 32)) },
  { what: 'an Ed448 key that is no point', der: edwards(113, first(2, 57)) },
  { what: 'an Ed448 key that is out of range', der: edwards(113, Buffer.alloc(57, 0x7f)) },
  { what: 'a DSA key outside its group', der: oddCertificate({ publicKey: dsaOutOfGroup() }) },
  ...KEY_NAMES.filter((key) => /^ec-(?!sect|explicit)/.test(key)).map((key) => ({
    what: `a point off its curve (${key})`,
    der: oddCertificate({ publicKey: offCurve(key), subject: name(key), serialNumber: encodeInteger(5) }),
  })),
];
