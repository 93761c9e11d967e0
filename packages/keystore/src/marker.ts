import { createHash } from 'node:crypto';
import { MalformedError } from '@trustcast/schema';
import { encodeAlgorithm, encodeElement, encodeInteger, encodeOid, NULL, SEQUENCE, SET } from './asn1-encode.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NIL = '00000000-0000-0000-0000-000000000000';
/** Outer and inner SEQUENCE with two length bytes each, then `[0] { INTEGER 2 }`: where the serial number begins. */
const SERIAL_AT = 13;

const SIGNATURE_ALGORITHM = encodeAlgorithm('1.2.840.113549.1.1.11');
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
 * Its RSA modulus and signature are hashes of the environment's id, so no one has its key; it is no CA, has no name
 * that a host could bear, and its serial number is the id.
 *
 * @param environmentId UUID in lower case, not the nil UUID: a serial number is positive
 * @throws MalformedError
 */
export function markerCertificate(environmentId: string): Uint8Array {
  if (!UUID.test(environmentId) || environmentId === NIL)
    throw new MalformedError('environmentId', 'must be a UUID in lower case and not the nil UUID');
  const modulus = hashed(environmentId, 'modulus');
  modulus.writeUInt8(modulus.readUInt8(0) | 0x80, 0);
  modulus.writeUInt8(modulus.readUInt8(255) | 0x01, 255);
  const signature = hashed(environmentId, 'signature');
  signature.writeUInt8(signature.readUInt8(0) & 0x7f, 0);
  const key = encodeElement(SEQUENCE, encodeInteger(modulus), encodeInteger(65_537));
  const tbs = encodeElement(
    SEQUENCE,
    encodeElement(0xa0, encodeInteger(2)),
    encodeInteger(Buffer.from(environmentId.replaceAll('-', ''), 'hex')),
    SIGNATURE_ALGORITHM,
    NAME,
    VALIDITY,
    NAME,
    encodeElement(SEQUENCE, encodeAlgorithm('1.2.840.113549.1.1.1', NULL), bitString(key)),
    NOT_A_CA,
  );
  return encodeElement(SEQUENCE, tbs, SIGNATURE_ALGORITHM, bitString(signature));
}

/** Whether a certificate is the marker of some environment. Never throws. */
export function isMarker(der: Uint8Array): boolean {
  const length = der[SERIAL_AT + 1] ?? 0;
  if (der[SERIAL_AT] !== 0x02 || length === 0 || length > 17) return false;
  const hex = Buffer.from(der.subarray(SERIAL_AT + 2, SERIAL_AT + 2 + length))
    .toString('hex')
    .padStart(32, '0')
    .slice(-32);
  if (hex === NIL.replaceAll('-', '')) return false;
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return Buffer.compare(markerCertificate(id), der) === 0;
}

function hashed(environmentId: string, what: string): Buffer {
  const parts = Array.from({ length: 8 }, (_, index) =>
    createHash('sha256').update(`trustcast marker ${what} ${index} ${environmentId}`).digest(),
  );
  return Buffer.concat(parts);
}

function bitString(bytes: Uint8Array): Buffer {
  return encodeElement(0x03, Buffer.from([0]), bytes);
}
