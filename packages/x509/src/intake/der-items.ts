import {
  Asn1Error,
  Asn1Reader,
  KeystoreError,
  type KeystoreErrorCode,
  isJavaKeystore,
  readKeystore,
} from '@trustcast/keystore';
import { IntakeError, type IntakeErrorCode, NoCertificateError, PrivateKeyNotAllowedError } from '../errors.js';
import { hasCertificateShape } from './certificate-shape.js';
import { isPkcs7, readSignedData } from './pkcs7.js';
import { beginsLikeCertificate } from './der-header.js';
import { FILLER } from './filler.js';
import { refusePrivateKeyBehind, refusePrivateKeyDer, refusePrivateKeyElements } from './private-key.js';

/** One certificate that was found, or what was found in its place. */
export type IntakeItem =
  | { readonly der: Uint8Array; readonly alias: string | null; readonly error: null }
  | { readonly der: null; readonly alias: string | null; readonly error: IntakeError };

const NO_CERTIFICATE_IN_DER = 'this is no certificate in DER, or it is cut off: copy it again, whole';

/**
 * The certificates of binary content: DER (several in a row too), PKCS#7, PKCS#12, JKS and JCEKS; keystores
 * of BouncyCastle are named. What stands behind the content, such as a line end, is left aside unless it is a private key or
 * begins like another certificate.
 *
 * @param readRest reads what stands behind certificates, which may be text
 * @param readMessage reads what a signed message says
 * @throws PrivateKeyNotAllowedError, IntakeError
 */
export function derItems(
  bytes: Buffer,
  password: string | undefined,
  readRest: (rest: Buffer) => IntakeItem[] = embeddedCertificates,
  readMessage = readRest,
): IntakeItem[] {
  if (isJavaKeystore(bytes)) return keystoreItems(bytes, password);
  refusePrivateKeyElements(bytes);
  const first = firstElement(bytes);
  if (!first) throw new IntakeError('MALFORMED_CERTIFICATE', NO_CERTIFICATE_IN_DER);
  if (hasCertificateShape(first)) return certificatesInARow(bytes, readRest);
  if (isPkcs7(first)) return pkcs7Items(first, readMessage);
  if (isPkcs12(first)) return keystoreItems(first, password);
  refusePrivateKeyBehind(bytes);
  throw new IntakeError('MALFORMED_CERTIFICATE', NO_CERTIFICATE_IN_DER);
}

/**
 * Certificates of a file of certificates. Those of a signed message, such as a profile for telephones or a list of CAs, are its signer's: the
 * ones that are meant stand in it.
 */
function pkcs7Items(bytes: Buffer, readMessage: (message: Buffer) => IntakeItem[]): IntakeItem[] {
  const { certificates, message } = readSignedData(bytes);
  if (message === null && certificates.length === 0)
    throw new NoCertificateError('this PKCS#7 file holds no certificate: give the certificate itself');
  if (message === null) return certificates.map((der) => certificateItem(der));
  const items = itemsOfMessage(message, readMessage);
  if (items.length > 0) return items;
  throw new IntakeError(
    'FORMAT_UNSUPPORTED',
    "this is a signed message (PKCS#7) without a certificate in it, and those beside it are its signer's: if you mean them, give what " +
      'openssl pkcs7 -print_certs shows of it',
  );
}

function itemsOfMessage(message: Buffer, readMessage: (message: Buffer) => IntakeItem[]): IntakeItem[] {
  refusePrivateKeyBehind(message);
  try {
    return readMessage(message);
  } catch (error) {
    if (error instanceof NoCertificateError) return [];
    if (error instanceof IntakeError && error.code === 'MALFORMED_CERTIFICATE') return [];
    throw error;
  }
}

/** One certificate in DER, or what is wrong with it. @throws PrivateKeyNotAllowedError */
export function certificateItem(der: Uint8Array, alias: string | null = null): IntakeItem {
  if (hasCertificateShape(der)) return { der, alias, error: null };
  refusePrivateKeyDer(Buffer.from(der));
  return failedItem('MALFORMED_CERTIFICATE', NO_CERTIFICATE_IN_DER, alias);
}

export function failedItem(code: IntakeErrorCode, message: string, alias: string | null = null): IntakeItem {
  return { der: null, alias, error: new IntakeError(code, message) };
}

/** `cat a.der b.der`, also with line ends and blanks between and behind them. What begins like another one is never left aside. */
function certificatesInARow(bytes: Buffer, readRest: (rest: Buffer) => IntakeItem[]): IntakeItem[] {
  const items: IntakeItem[] = [];
  let rest = bytes;
  while (rest[0] === 0x30) {
    const next = firstElement(rest);
    if (!next) break;
    items.push(certificateItem(next));
    rest = withoutFiller(rest.subarray(next.length));
  }
  if (rest.length === 0) return items;
  if (rest[0] === 0x30) return [...items, failedItem('MALFORMED_CERTIFICATE', NO_CERTIFICATE_IN_DER)];
  return [...items, ...readRest(rest)];
}

function withoutFiller(bytes: Buffer): Buffer {
  let at = 0;
  while (at < bytes.length && FILLER.has(bytes[at] ?? 1)) at++;
  return bytes.subarray(at);
}

/** Certificates in DER that stand anywhere in bytes. What only begins like one is told. */
export function embeddedCertificates(bytes: Buffer): IntakeItem[] {
  const items: IntakeItem[] = [];
  for (let at = bytes.indexOf(0x30); at !== -1; at = bytes.indexOf(0x30, at)) {
    const rest = bytes.subarray(at);
    if (!beginsLikeCertificate(rest)) {
      at++;
      continue;
    }
    const whole = firstElement(rest);
    items.push(whole ? certificateItem(whole) : failedItem('MALFORMED_CERTIFICATE', NO_CERTIFICATE_IN_DER));
    at += whole?.length ?? rest.length;
  }
  return items;
}

/** The element that bytes begin with; undefined where it is no SEQUENCE or is cut off. */
export function firstElement(bytes: Buffer): Buffer | undefined {
  try {
    return bytes[0] === 0x30 ? new Asn1Reader(bytes, 'BER').next().whole : undefined;
  } catch (error) {
    if (error instanceof Asn1Error) return undefined;
    throw error;
  }
}

/** Whether bytes begin with a whole certificate, PKCS#7 or PKCS#12. */
export function isCertificateContent(bytes: Buffer): boolean {
  const first = firstElement(bytes);
  return first !== undefined && (hasCertificateShape(first) || isPkcs7(first) || isPkcs12(first));
}

/** Whether bytes are PKCS#7 or PKCS#12. */
export function isContainer(bytes: Buffer): boolean {
  return isPkcs7(bytes) || isPkcs12(bytes);
}

function isPkcs12(bytes: Buffer): boolean {
  try {
    const pfx = new Asn1Reader(bytes, 'BER').enter(0x30);
    return pfx.count() === 3 && pfx.optional(0x30) !== undefined;
  } catch (error) {
    if (error instanceof Asn1Error) return false;
    throw error;
  }
}

const KEYSTORE_CODES: Partial<Record<KeystoreErrorCode, IntakeErrorCode>> = {
  KEYSTORE_PASSWORD_REQUIRED: 'PASSWORD_REQUIRED',
  KEYSTORE_PASSWORD_WRONG: 'PASSWORD_WRONG',
  KEYSTORE_TAMPERED: 'PASSWORD_WRONG',
  KEYSTORE_UNSUPPORTED: 'FORMAT_UNSUPPORTED',
  KEYSTORE_LIMIT_EXCEEDED: 'INPUT_TOO_LARGE',
};

function keystoreItems(bytes: Buffer, password: string | undefined): IntakeItem[] {
  try {
    const { format, entries, keyEntries, plainKey } = readKeystore(bytes, {
      certificates: 'all',
      ...(password === undefined ? {} : { password }),
    });
    if (plainKey) throw new PrivateKeyNotAllowedError();
    if (entries.length === 0) throw new NoCertificateError(`this ${format} keystore ${emptyBut(keyEntries)}`);
    return entries.map(({ alias, der }) => certificateItem(der, alias || null));
  } catch (cause) {
    if (!(cause instanceof KeystoreError)) throw cause;
    throw new IntakeError(KEYSTORE_CODES[cause.code] ?? 'MALFORMED_CERTIFICATE', cause.message, { cause });
  }
}

function emptyBut(keys: number): string {
  if (keys === 0) return 'is empty';
  return keys === 1 ? 'holds one key and no certificate' : `holds ${keys} keys and no certificate`;
}
