import { encodeInteger } from '@trustcast/keystore/test/asn1.js';
import { KEY_NAMES, name, oddCertificate, publicKey, rsaKey } from './odd-certificate.js';

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

/** Keys that the JDK loads and nobody can use: BouncyCastle refuses the truststore that holds them. */
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
  ...KEY_NAMES.filter((key) => /^ec-(?!secp160|sect|explicit)/.test(key)).map((key) => ({
    what: `a point off its curve (${key})`,
    der: oddCertificate({ publicKey: offCurve(key), subject: name(key), serialNumber: encodeInteger(5) }),
  })),
];
