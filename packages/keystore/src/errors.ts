import { TrustcastError } from '@trustcast/schema/errors.js';

/** Why a keystore could not be read or written. */
export type KeystoreErrorCode =
  | 'KEYSTORE_ALIAS_COLLISION'
  | 'KEYSTORE_ALIAS_INVALID'
  | 'KEYSTORE_MALFORMED'
  | 'KEYSTORE_UNKNOWN_FORMAT'
  | 'KEYSTORE_UNSUPPORTED'
  | 'KEYSTORE_PASSWORD_REQUIRED'
  | 'KEYSTORE_PASSWORD_INVALID'
  | 'KEYSTORE_PASSWORD_WRONG'
  | 'KEYSTORE_TAMPERED'
  | 'KEYSTORE_LIMIT_EXCEEDED';

/** What to do with a file whose bytes are not those of a keystore. */
const COPY_AGAIN = 'the keystore is damaged, copy it again as a binary file or export it anew';

/** A keystore that cannot be read or written. The message never repeats a password or the keystore's bytes. */
export class KeystoreError extends TrustcastError {
  declare readonly code: KeystoreErrorCode;

  constructor(code: KeystoreErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(code, code === 'KEYSTORE_MALFORMED' ? `${message}: ${COPY_AGAIN}` : message, options);
  }
}

/** Bytes that are not ASN.1 under the asked encoding rules (X.690), or not of the expected shape. */
export class Asn1Error extends TrustcastError {
  constructor(message: string) {
    super('ASN1_MALFORMED', message);
  }
}

/** An algorithm of a keystore that is not read, with the way out. @param what such as MAC @param oid dotted */
export function unsupportedAlgorithm(what: string, oid: string): KeystoreError {
  return new KeystoreError('KEYSTORE_UNSUPPORTED', `${what} algorithm ${oid} is not supported: ${EXPORT_ANEW}`);
}

/** What to do with a file that is not read as it is. */
export const EXPORT_ANEW =
  'export the keystore anew, with the tool that wrote it and AES-256 (pk12util -C AES-256-CBC, openssl pkcs12 -export), or give its certificates as PEM';
