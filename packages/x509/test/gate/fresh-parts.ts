import { generateKeyPairSync, getCurves } from 'node:crypto';
import { NULL, encodeElement, encodeInteger, encodeOid } from '@trustcast/keystore/test/asn1.js';
import { bits, extension, generalizedTime, keyInfo, rsaKey, sequence, utcTime } from './odd-certificate.js';
import type { Random } from '@trustcast/keystore/test/random.js';

/** Parts of certificates that no fixture has, made of random values; most are in order, some are odd on purpose. */
export const fresh = {
  serialNumber: (random: Random) => encodeElement(0x02, random.bytes(1 + random.below(20))),

  name: (random: Random) =>
    sequence(
      ...times(1 + random.below(4), () =>
        encodeElement(0x31, ...times(random.below(8) === 0 ? 2 : 1, () => attribute(random))),
      ),
    ),

  time: (random: Random) => {
    const two = (limit: number, from = 0) => String(from + random.below(limit)).padStart(2, '0');
    const wide = random.below(12) === 0;
    const day = `${two(wide ? 14 : 12, 1)}${two(wide ? 32 : 28, 1)}${two(wide ? 25 : 24)}${two(wide ? 61 : 60)}`;
    const seconds = random.below(8) === 0 ? '' : two(wide ? 61 : 60);
    const zone =
      random.below(6) === 0 ? `${random.one(['+', '-'])}${two(wide ? 25 : 15)}${random.one(['00', '30', '45'])}` : 'Z';
    if (random.below(2) === 0) return utcTime(`${two(100)}${day}${seconds}${zone}`);
    const fraction =
      random.below(6) === 0 ? `${random.one(['.', ','])}${random.below(10 ** (1 + random.below(4)))}` : '';
    return generalizedTime(
      `${random.one(['19', '20', '20', '00', '99'])}${two(100)}${day}${seconds}${fraction}${zone}`,
    );
  },

  signatureAlgorithm: (random: Random) =>
    sequence(encodeOid(random.one(SIGNATURE_ALGORITHMS)), random.one([NULL, Buffer.alloc(0), NULL, sequence()])),

  publicKey: (random: Random) => random.one(KEY_MAKERS)(random),

  signature: (random: Random) => bits(random.bytes(random.below(80))),

  extension: (random: Random) => random.one(EXTENSION_MAKERS)(random),
};

const SIGNATURE_ALGORITHMS = [
  ...[2, 4, 5, 10, 11, 12, 13, 14, 15, 16].map((arc) => `1.2.840.113549.1.1.${arc}`),
  ...[1, 2, 3, 4].map((arc) => `1.2.840.10045.4.3.${arc}`),
  ...[1, 2, 3, 5, 9, 10, 12, 13, 14, 16, 17, 18, 20].map((arc) => `2.16.840.1.101.3.4.3.${arc}`),
  '1.2.840.10045.4.1',
  '1.2.840.10040.4.3',
  '1.3.14.3.2.29',
  '1.3.101.112',
  '1.3.101.113',
  '1.2.156.10197.1.501',
  '1.2.643.7.1.1.3.2',
];

/** The usual ones more often than all the others of OpenSSL. */
const CURVES = [
  'prime256v1',
  'secp384r1',
  'secp521r1',
  'secp256k1',
  'secp224r1',
  'prime192v1',
  'brainpoolP256r1',
  'brainpoolP384r1',
  'brainpoolP512r1',
  'brainpoolP320r1',
  ...getCurves().filter((name) => !name.startsWith('Oakley')),
];

const KEY_MAKERS: readonly ((random: Random) => Buffer)[] = [
  (random) => ecKey(random),
  (random) => ecKey(random),
  (random) =>
    rsaKey(
      oddNumber(random, random.one([64, 96, 128, 256, 256, 256, 384, 512, 1024])),
      random.one([3, 17, 65_537, 65_537, 65_539]),
    ),
  (random) => rsaKey(oddNumber(random, 255 + random.below(3)), oddNumber(random, 1 + random.below(9))),
  (random) => keyInfo(sequence(encodeOid('1.3.101.112')), random.bytes(32)),
  (random) => keyInfo(sequence(encodeOid('1.3.101.113')), ed448(random)),
  (random) => keyInfo(sequence(encodeOid('1.3.101.110')), random.bytes(32)),
  (random) => keyInfo(sequence(encodeOid('1.3.101.111')), random.bytes(56)),
  (random) => dsaKey(random),
  (random) => keyInfo(sequence(encodeOid('2.16.840.1.101.3.4.3.17')), random.bytes(1312)),
  (random) => keyInfo(sequence(encodeOid('2.16.840.1.101.3.4.3.20')), random.bytes(32)),
];

/** A new key each time would cost a millisecond; the seed does not determine it. */
const ecKeys = new Map<string, Buffer[]>();
function ecKey(random: Random): Buffer {
  const curve = random.one(CURVES);
  let keys = ecKeys.get(curve);
  if (!keys) {
    keys = times(6, () =>
      generateKeyPairSync('ec', { namedCurve: curve }).publicKey.export({ type: 'spki', format: 'der' }),
    );
    ecKeys.set(curve, keys);
  }
  const key = Buffer.from(random.one(keys));
  if (random.below(40) === 0) key[key.length - 1] = (key.at(-1) ?? 0) ^ 1;
  return key;
}

/** Its last byte holds the sign alone. */
function ed448(random: Random): Buffer {
  return Buffer.concat([random.bytes(56), Buffer.of(random.one([0, 0x80]))]);
}

function dsaKey(random: Random): Buffer {
  const integer = (length: number) => encodeInteger(oddNumber(random, length));
  const parameters = sequence(integer(128), integer(20), integer(128));
  return keyInfo(sequence(encodeOid('1.2.840.10040.4.1'), parameters), integer(128));
}

function oddNumber(random: Random, length: number): Buffer {
  const bytes = random.bytes(length);
  bytes[0] = (bytes[0] ?? 0) | 0x80;
  bytes[length - 1] = (bytes[length - 1] ?? 0) | 1;
  return bytes;
}

const ATTRIBUTES = [
  '2.5.4.3',
  '2.5.4.10',
  '2.5.4.11',
  '2.5.4.6',
  '2.5.4.5',
  '2.5.4.97',
  '0.9.2342.19200300.100.1.25',
  '1.2.840.113549.1.9.1',
  '1.2.3.4',
];
const TEXTS = ['Example CA', 'Ünïted Röots', '株式会社', 'a@b.example', 'X*Y_#;"', '', ' lead', 'DE', '1234', 'Ελλάδα'];

function attribute(random: Random): Buffer {
  const text = random.one(TEXTS);
  const tag = random.one([0x0c, 0x0c, 0x13, 0x14, 0x16, 0x1e, 0x1c, 0x12, 0x1a]);
  return sequence(encodeOid(random.one(ATTRIBUTES)), encodeElement(tag, encoded(text, tag)));
}

function encoded(text: string, tag: number): Buffer {
  if (tag === 0x1e) return Buffer.from(text, 'utf16le').swap16();
  if (tag === 0x1c) {
    const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
    return Buffer.concat(points.map((point) => Buffer.of(0, 0, point >> 8, point & 0xff)));
  }
  return Buffer.from(text, tag === 0x0c ? 'utf8' : 'latin1');
}

const HOSTS = [
  'a.example',
  '*.a.example',
  'a_b.example',
  'bücher.example',
  '10.0.0.1',
  '',
  'a..b',
  '.example',
  'xn--bcher-kva.example',
  'A.EXAMPLE:443',
];

function generalName(random: Random): Buffer {
  const host = random.one(HOSTS);
  const made: readonly (() => Buffer)[] = [
    () => encodeElement(0x82, Buffer.from(host)),
    () =>
      encodeElement(
        0x86,
        Buffer.from(
          `${random.one(['https', 'spiffe', 'ldap', 'urn:x', ''])}://${host}${random.one(['', '/x', '/x?y=z', '/ü', '/a b'])}`,
        ),
      ),
    () => encodeElement(0x81, Buffer.from(random.one(['a@b.example', 'a', '@', 'a@', 'ä@b.example']))),
    () => encodeElement(0x87, random.bytes(random.one([4, 4, 16, 16, 8, 32, 5]))),
    () => encodeElement(0xa4, fresh.name(random)),
    () => encodeElement(0x88, encodeOid('1.2.3.4').subarray(2)),
    () =>
      encodeElement(
        0xa0,
        encodeOid('1.3.6.1.4.1.311.20.2.3'),
        encodeElement(0xa0, encodeElement(0x0c, Buffer.from(host))),
      ),
  ];
  return random.one(made)();
}

const generalNames = (random: Random) => sequence(...times(random.below(5), () => generalName(random)));
const critical = (random: Random) => random.below(3) === 0;
const small = (random: Random) => encodeInteger(random.one([0, 1, 2, 127, 128, 70_000]));

const EXTENSION_MAKERS: readonly ((random: Random) => Buffer)[] = [
  (random) => extension('2.5.29.17', generalNames(random), critical(random)),
  (random) => extension('2.5.29.18', generalNames(random), critical(random)),
  (random) =>
    extension(
      '2.5.29.19',
      sequence(
        random.one([Buffer.alloc(0), Buffer.of(1, 1, 255), Buffer.of(1, 1, 1), Buffer.of(1, 1, 0)]),
        random.one([Buffer.alloc(0), small(random)]),
      ),
      critical(random),
    ),
  (random) =>
    extension(
      '2.5.29.15',
      encodeElement(3, Buffer.of(random.below(8)), random.bytes(1 + random.below(2))),
      critical(random),
    ),
  (random) =>
    extension(
      '2.5.29.37',
      sequence(...times(random.below(4), () => encodeOid(random.one(['1.3.6.1.5.5.7.3.1', '2.5.29.37.0', '1.2.3'])))),
      critical(random),
    ),
  (random) => extension('2.5.29.14', encodeElement(4, random.bytes(random.below(30))), critical(random)),
  (random) =>
    extension(
      '2.5.29.35',
      sequence(
        encodeElement(0x80, random.bytes(20)),
        random.one([Buffer.alloc(0), encodeElement(0xa1, generalName(random))]),
      ),
      critical(random),
    ),
  (random) => extension('2.5.29.30', sequence(encodeElement(0xa0, sequence(generalName(random)))), critical(random)),
  (random) =>
    extension(
      '2.5.29.31',
      sequence(sequence(encodeElement(0xa0, encodeElement(0xa0, generalName(random))))),
      critical(random),
    ),
  (random) =>
    extension('2.5.29.32', sequence(sequence(encodeOid(random.one(['2.5.29.32.0', '1.2.3'])))), critical(random)),
  (random) => extension('2.5.29.36', sequence(encodeElement(0x80, random.bytes(1))), critical(random)),
  (random) => extension('2.5.29.54', small(random), critical(random)),
  (random) =>
    extension(
      '1.3.6.1.5.5.7.1.1',
      sequence(sequence(encodeOid('1.3.6.1.5.5.7.48.1'), generalName(random))),
      critical(random),
    ),
  (random) => extension('1.3.6.1.5.5.7.1.3', sequence(sequence(encodeOid('0.4.0.1862.1.1'))), critical(random)),
  (random) => extension('1.3.6.1.4.1.11129.2.4.2', encodeElement(4, random.bytes(40)), critical(random)),
  (random) =>
    extension(`1.2.${random.below(40)}.${random.below(1_000_000)}`, random.bytes(random.below(40)), critical(random)),
];

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}
