import { ECDH, getCurves } from 'node:crypto';
import { demand } from './demand.js';

/** A curve over a prime field, all points of which are keys. */
export interface Curve {
  readonly name: string;
  readonly bits: number;
  /** Whether a point, uncompressed, is on it. */
  readonly holds: (point: Buffer) => boolean;
}

/**
 * Curves that JDK 11 to 25 know by name (sun.security.util.CurveDB) and whose points are all keys, so that to be on the curve is to be
 * sound. The last of a row is OpenSSL's name, where it is another.
 */
const CURVES: Readonly<Record<string, readonly [name: string, bits: number, openssl?: string]>> = {
  '1.2.840.10045.3.1.1': ['P-192', 192, 'prime192v1'],
  '1.2.840.10045.3.1.2': ['prime192v2', 192],
  '1.2.840.10045.3.1.3': ['prime192v3', 192],
  '1.2.840.10045.3.1.4': ['prime239v1', 239],
  '1.2.840.10045.3.1.5': ['prime239v2', 239],
  '1.2.840.10045.3.1.6': ['prime239v3', 239],
  '1.2.840.10045.3.1.7': ['P-256', 256, 'prime256v1'],
  '1.3.132.0.6': ['secp112r1', 112],
  '1.3.132.0.8': ['secp160r1', 160],
  '1.3.132.0.9': ['secp160k1', 160],
  '1.3.132.0.10': ['secp256k1', 256],
  '1.3.132.0.28': ['secp128r1', 128],
  '1.3.132.0.30': ['secp160r2', 160],
  '1.3.132.0.31': ['secp192k1', 192],
  '1.3.132.0.32': ['secp224k1', 224],
  '1.3.132.0.33': ['P-224', 224, 'secp224r1'],
  '1.3.132.0.34': ['P-384', 384, 'secp384r1'],
  '1.3.132.0.35': ['P-521', 521, 'secp521r1'],
  '1.3.36.3.3.2.8.1.1.1': ['brainpoolP160r1', 160],
  '1.3.36.3.3.2.8.1.1.3': ['brainpoolP192r1', 192],
  '1.3.36.3.3.2.8.1.1.5': ['brainpoolP224r1', 224],
  '1.3.36.3.3.2.8.1.1.7': ['brainpoolP256r1', 256],
  '1.3.36.3.3.2.8.1.1.9': ['brainpoolP320r1', 320],
  '1.3.36.3.3.2.8.1.1.11': ['brainpoolP384r1', 384],
  '1.3.36.3.3.2.8.1.1.13': ['brainpoolP512r1', 512],
};

/**
 * Curves that these JDKs know too, and whose groups have points that are no keys (their cofactor is not 1). BouncyCastle refuses a
 * truststore with such a point, and OpenSSL does not say which they are. By the first arcs: SEC 2, then X9.62 section J.
 */
const WITH_COFACTOR: Readonly<Record<string, string>> = {
  ...named('1.3.132.0', {
    1: 'sect163k1',
    2: 'sect163r1',
    3: 'sect239k1',
    4: 'sect113r1',
    5: 'sect113r2',
    7: 'secp112r2',
    15: 'sect163r2',
    16: 'sect283k1',
    17: 'sect283r1',
    22: 'sect131r1',
    23: 'sect131r2',
    24: 'sect193r1',
    25: 'sect193r2',
    26: 'sect233k1',
    27: 'sect233r1',
    29: 'secp128r2',
    36: 'sect409k1',
    37: 'sect409r1',
    38: 'sect571k1',
    39: 'sect571r1',
  }),
  ...named('1.2.840.10045.3.0', {
    5: 'c2tnb191v1',
    6: 'c2tnb191v2',
    7: 'c2tnb191v3',
    11: 'c2tnb239v1',
    12: 'c2tnb239v2',
    13: 'c2tnb239v3',
    18: 'c2tnb359v1',
    20: 'c2tnb431r1',
  }),
};

/** Curves that JDK 16 and later compute on (JDK-8235710); of all others they know the name alone. */
const COMPUTED: ReadonlySet<string> = new Set(['P-256', 'P-384', 'P-521']);
const KNOWN_TO_OPENSSL: ReadonlySet<string> = new Set(getCurves());

/** The curve with an object identifier. @throws NotJavaSafeError where no JDK knows it, or points on it cannot be checked */
export function curveOf(oid: string): Curve {
  const cofactor = WITH_COFACTOR[oid];
  demand(cofactor === undefined, 'KEY_UNCHECKED', `not every point of its curve ${cofactor} is a key`);
  const row = CURVES[oid];
  demand(row !== undefined, 'PUBLIC_KEY', `no JDK knows the curve of its key, ${oid}`);
  const [name, bits, openssl = name] = row;
  demand(KNOWN_TO_OPENSSL.has(openssl), 'KEY_UNCHECKED', `the OpenSSL of this Node.js does not know its curve ${name}`);
  return { name, bits, holds: (point) => isOnCurve(point, openssl) };
}

/** OpenSSL computes the curve's equation when it decodes a point; the key that it would make of it costs seven times as much. */
function isOnCurve(point: Buffer, openssl: string): boolean {
  try {
    ECDH.convertKey(point, openssl);
    return true;
  } catch {
    return false;
  }
}

/** Whether JDK 16 and later verify signatures of keys on this curve. */
export function isComputedByJava(name: string): boolean {
  return COMPUTED.has(name);
}

function named(arcs: string, names: Readonly<Record<number, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(names).map(([last, name]) => [`${arcs}.${last}`, name]));
}
