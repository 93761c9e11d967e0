import { encodeElement, encodeOid, elementLength, putHeader } from '../asn1/asn1-encode.js';
import { OID } from '../asn1/oids.js';
import type { TruststoreEntry } from '../truststore-entry.js';

const CERT_BAG = encodeOid(OID.certBag);
const X509_CERTIFICATE = encodeOid(OID.x509Certificate);
const FRIENDLY_NAME = encodeOid(OID.friendlyName);
const TRUSTED = encodeElement(
  0x30,
  encodeOid(OID.trustedKeyUsage),
  encodeElement(0x31, encodeOid(OID.anyExtendedKeyUsage)),
);

/** Lengths of the content of each element of a bag, from the inside out: known before a byte is written. */
function measure({ alias, der }: TruststoreEntry) {
  const octets = elementLength(der.length);
  const certBag = X509_CERTIFICATE.length + elementLength(octets);
  const bagValue = elementLength(certBag);
  const name = 2 * alias.length;
  const nameSet = elementLength(name);
  const nameAttribute = FRIENDLY_NAME.length + elementLength(nameSet);
  const attributes = elementLength(nameAttribute) + TRUSTED.length;
  const bag = CERT_BAG.length + elementLength(bagValue) + elementLength(attributes);
  return { octets, certBag, bagValue, name, nameSet, nameAttribute, attributes, bag };
}

/** Bytes of an entry's SafeBag. */
export function bagLength(entry: TruststoreEntry): number {
  return elementLength(measure(entry).bag);
}

/** Writes an entry's SafeBag at `at`; answers where it ends. */
export function putBag(out: Buffer, start: number, entry: TruststoreEntry): number {
  const length = measure(entry);
  let at = putHeader(out, start, 0x30, length.bag);
  at = put(out, at, CERT_BAG);
  at = putHeader(out, at, 0xa0, length.bagValue);
  at = putHeader(out, at, 0x30, length.certBag);
  at = put(out, at, X509_CERTIFICATE);
  at = putHeader(out, at, 0xa0, length.octets);
  at = putHeader(out, at, 0x04, entry.der.length);
  at = put(out, at, entry.der);
  at = putHeader(out, at, 0x31, length.attributes);
  // DER sorts a SET OF by its encodings; these two differ in their length byte at the latest.
  const nameFirst = length.nameAttribute < TRUSTED.length - 2;
  if (!nameFirst) at = put(out, at, TRUSTED);
  at = putHeader(out, at, 0x30, length.nameAttribute);
  at = put(out, at, FRIENDLY_NAME);
  at = putHeader(out, at, 0x31, length.nameSet);
  at = putHeader(out, at, 0x1e, length.name);
  for (let index = 0; index < entry.alias.length; index++) at = out.writeUInt16BE(entry.alias.charCodeAt(index), at);
  return nameFirst ? put(out, at, TRUSTED) : at;
}

function put(out: Buffer, at: number, bytes: Uint8Array): number {
  // For few bytes a call of `set` costs more than a loop: 100,000 of them in a file of 20,000 entries.
  if (bytes.length <= 32) for (let index = 0; index < bytes.length; index++) out[at + index] = bytes[index] ?? 0;
  else out.set(bytes, at);
  return at + bytes.length;
}
