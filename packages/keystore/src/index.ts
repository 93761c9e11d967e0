export { type Asn1Element, Asn1Reader, type EncodingRules, decodeOid } from './asn1/asn1-reader.js';
export { encodeElement, encodeInteger, encodeOid } from './asn1/asn1-encode.js';
export * from './errors.js';
export { type KeystoreFormat, isJavaKeystore } from './keystore-format.js';
export { isMarker, markerCertificate } from './marker.js';
export { Pkcs12Writer, type Pkcs12WriterOptions, isPkcs12Password, writePkcs12 } from './pkcs12/pkcs12-writer.js';
export {
  type Keystore,
  MAX_KEYSTORE_BYTES,
  type ReadKeystoreOptions,
  countPkcs12Entries,
  readKeystore,
} from './read-keystore.js';
export { subjectLength } from './subject-length.js';
export type { TruststoreEntry } from './truststore-entry.js';
