import { OID } from '../asn1/oids.js';

/** A hash of node:crypto. */
export interface Digest {
  readonly name: string;
  readonly bytes: number;
  /** Bytes that it takes in at a time: `v` of RFC 7292 appendix B.2, the rate of SHA-3 (FIPS 202 table 3). */
  readonly block: number;
}

export const MD5: Digest = { name: 'md5', bytes: 16, block: 64 };
export const SHA1: Digest = { name: 'sha1', bytes: 20, block: 64 };
const SHA224 = { name: 'sha224', bytes: 28, block: 64 };
export const SHA256: Digest = { name: 'sha256', bytes: 32, block: 64 };
const SHA384 = { name: 'sha384', bytes: 48, block: 128 };
const SHA512 = { name: 'sha512', bytes: 64, block: 128 };
const SHA512_224 = { name: 'sha512-224', bytes: 28, block: 128 };
const SHA512_256 = { name: 'sha512-256', bytes: 32, block: 128 };
const SHA3_224 = { name: 'sha3-224', bytes: 28, block: 144 };
const SHA3_256 = { name: 'sha3-256', bytes: 32, block: 136 };
const SHA3_384 = { name: 'sha3-384', bytes: 48, block: 104 };
const SHA3_512 = { name: 'sha3-512', bytes: 64, block: 72 };

/** By object identifier. */
export const HASHES: Readonly<Record<string, Digest>> = {
  '1.2.840.113549.2.5': MD5,
  '1.3.14.3.2.26': SHA1,
  '2.16.840.1.101.3.4.2.4': SHA224,
  [OID.sha256]: SHA256,
  '2.16.840.1.101.3.4.2.2': SHA384,
  '2.16.840.1.101.3.4.2.3': SHA512,
  '2.16.840.1.101.3.4.2.5': SHA512_224,
  '2.16.840.1.101.3.4.2.6': SHA512_256,
  '2.16.840.1.101.3.4.2.7': SHA3_224,
  '2.16.840.1.101.3.4.2.8': SHA3_256,
  '2.16.840.1.101.3.4.2.9': SHA3_384,
  '2.16.840.1.101.3.4.2.10': SHA3_512,
};

/** The hash of an HMAC, by the HMAC's object identifier. */
export const HMACS: Readonly<Record<string, Digest>> = {
  [OID.hmacSha1]: SHA1,
  '1.2.840.113549.2.8': SHA224,
  [OID.hmacSha256]: SHA256,
  '1.2.840.113549.2.10': SHA384,
  '1.2.840.113549.2.11': SHA512,
  '1.2.840.113549.2.12': SHA512_224,
  '1.2.840.113549.2.13': SHA512_256,
  '2.16.840.1.101.3.4.2.13': SHA3_224,
  '2.16.840.1.101.3.4.2.14': SHA3_256,
  '2.16.840.1.101.3.4.2.15': SHA3_384,
  '2.16.840.1.101.3.4.2.16': SHA3_512,
};
