import { ECDH, createHash } from 'node:crypto';
import { MalformedError } from '@trustcast/schema/errors.js';
import { Asn1Reader } from './asn1/asn1-reader.js';
import { encodeAlgorithm, encodeElement, encodeInteger, encodeOid, NULL, SEQUENCE, SET } from './asn1/asn1-encode.js';
import { Asn1Error } from './errors.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NIL = '00000000-0000-0000-0000-000000000000';

const ECDSA_SHA256 = encodeElement(SEQUENCE, encodeOid('1.2.840.10045.4.3.2'));
const EC_P256 = encodeAlgorithm('1.2.840.10045.2.1', encodeOid('1.2.840.10045.3.1.7'));
const NAME = encodeElement(
  SEQUENCE,
  encodeElement(
    SET,
    encodeElement(SEQUENCE, encodeOid('2.5.4.3'), encodeElement(0x0c, Buffer.from('Trustcast marker'))),
  ),
);
/** RFC 5280 section 4.1.2.5: UTCTime until 2049; 99991231235959Z stands for "no well-defined expiration date". */
const VALIDITY = encodeElement(
  SEQUENCE,
  encodeElement(0x17, Buffer.from('200101000000Z')),
  encodeElement(0x18, Buffer.from('99991231235959Z')),
);
const NOT_A_CA = encodeElement(
  0xa3,
  encodeElement(
    SEQUENCE,
    encodeElement(
      SEQUENCE,
      encodeOid('2.5.29.19'),
      Buffer.from([0x01, 0x01, 0xff]),
      encodeElement(0x04, encodeElement(SEQUENCE)),
    ),
  ),
);

/**
 * The marker: a certificate that signs nothing, by which a trust manager is known to come from an environment's
 * truststore. The same environment gives the same bytes everywhere.
 *
 * Its key is a point hashed to P-256, whose private key nobody has, and its signature is a hash of the environment's id; it
 * is no CA, has no name that a host could bear, and its serial number is the id. docs/protocol.md states the derivation.
 *
 * @param environmentId UUID in lower case, not the nil UUID: a serial number is positive
 * @throws MalformedError
 */
export function markerCertificate(environmentId: string): Uint8Array {
  checkId(environmentId);
  const signature = encodeElement(
    SEQUENCE,
    encodeInteger(signatureNumber(environmentId, 'r')),
    encodeInteger(signatureNumber(environmentId, 's')),
  );
  const key = encodeElement(SEQUENCE, EC_P256, bitString(hashedPoint(environmentId)));
  return encodeMarker(environmentId, ECDSA_SHA256, key, signature);
}

/**
 * The marker as releases before wrote it, which is recognised and no longer written: its RSA modulus is a hash, so most have
 * a small prime factor, for which BouncyCastle refuses the whole file, and some can be factored.
 *
 * @throws MalformedError
 */
export function earlierMarkerCertificate(environmentId: string): Uint8Array {
  checkId(environmentId);
  const modulus = hashed(environmentId, 'modulus');
  modulus.writeUInt8(modulus.readUInt8(0) | 0x80, 0);
  modulus.writeUInt8(modulus.readUInt8(255) | 0x01, 255);
  const signature = hashed(environmentId, 'signature');
  signature.writeUInt8(signature.readUInt8(0) & 0x7f, 0);
  const rsa = encodeElement(SEQUENCE, encodeInteger(modulus), encodeInteger(65_537));
  const key = encodeElement(SEQUENCE, encodeAlgorithm('1.2.840.113549.1.1.1', NULL), bitString(rsa));
  return encodeMarker(environmentId, encodeAlgorithm('1.2.840.113549.1.1.11'), key, signature);
}

/** Whether a certificate is the marker of some environment, of this derivation or the earlier one. Never throws. */
export function isMarker(der: Uint8Array): boolean {
  const bytes = Buffer.from(der.buffer, der.byteOffset, der.byteLength);
  // Hashing to a point costs more than a look, and most certificates are none.
  if (bytes.indexOf(NAME) < 0) return false;
  const serial = serialNumber(bytes);
  if (serial === undefined || serial.length === 0 || serial.length > 17) return false;
  const hex = serial.toString('hex').padStart(32, '0').slice(-32);
  if (hex === NIL.replaceAll('-', '')) return false;
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return [markerCertificate, earlierMarkerCertificate].some((derive) => bytes.equals(derive(id)));
}

function serialNumber(certificate: Buffer): Buffer | undefined {
  try {
    const tbs = new Asn1Reader(certificate, 'DER').enter(SEQUENCE).enter(SEQUENCE);
    tbs.next(0xa0);
    return tbs.next(0x02).content;
  } catch (error) {
    if (error instanceof Asn1Error) return undefined;
    throw error;
  }
}

function checkId(environmentId: string): void {
  if (!UUID.test(environmentId) || environmentId === NIL)
    throw new MalformedError('environmentId', 'must be a UUID in lower case and not the nil UUID');
}

function encodeMarker(environmentId: string, algorithm: Buffer, key: Buffer, signature: Buffer): Buffer {
  const tbs = encodeElement(
    SEQUENCE,
    encodeElement(0xa0, encodeInteger(2)),
    encodeInteger(Buffer.from(environmentId.replaceAll('-', ''), 'hex')),
    algorithm,
    NAME,
    VALIDITY,
    NAME,
    key,
    NOT_A_CA,
  );
  return encodeElement(SEQUENCE, tbs, algorithm, bitString(signature));
}

/**
 * The first counter from 0 whose hash is the x coordinate of a point, with even y (SEC 1 section 2.3.4): half of all are. The
 * curve has prime order, so every point of it is a proper public key.
 */
function hashedPoint(environmentId: string): Buffer {
  for (let counter = 0; ; counter++) {
    const x = sha256(`trustcast marker/2 point ${counter} ${environmentId}`);
    try {
      const point = ECDH.convertKey(
        Buffer.concat([Buffer.of(0x02), x]),
        'prime256v1',
        undefined,
        undefined,
        'uncompressed',
      );
      return point as Buffer;
    } catch {
      // No point has this x.
    }
  }
}

/** Below the order of the curve, and of 32 bytes without a sign byte. */
function signatureNumber(environmentId: string, name: 'r' | 's'): Buffer {
  const number = sha256(`trustcast marker/2 ${name} ${environmentId}`);
  number.writeUInt8((number.readUInt8(0) & 0x3f) | 0x40, 0);
  return number;
}

function hashed(environmentId: string, what: string): Buffer {
  return Buffer.concat(
    Array.from({ length: 8 }, (_, index) => sha256(`trustcast marker ${what} ${index} ${environmentId}`)),
  );
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function bitString(bytes: Uint8Array): Buffer {
  return encodeElement(0x03, Buffer.from([0]), bytes);
}
