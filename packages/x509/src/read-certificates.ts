import { Asn1Error, Asn1Reader, KeystoreError, type KeystoreErrorCode, readKeystore } from '@trustcast/keystore';
import { hasCertificateShape } from './certificate-shape.js';
import { IntakeError, type IntakeErrorCode, NoCertificateError, PrivateKeyNotAllowedError } from './errors.js';
import { plainText, textOf } from './input-text.js';
import { type PemBlock, decodeBase64, pemBlocks } from './pem-blocks.js';
import { isPkcs7, pkcs7Certificates } from './pkcs7.js';
import { isPrintable, refusePrivateKeyDer, refusePrivateKeyElements, refusePrivateKeyText } from './private-key.js';

/** How the clipboard's text is encoded: bare base64 of DER, or PEM. */
export type ClipboardEncoding = 'BASE64' | 'BASE64PEM';

export interface ReadCertificatesOptions {
  /** Of a PKCS#12, JKS or JCEKS file. */
  readonly password?: string;
  /** Given for the clipboard: anything else is refused with the way out, never guessed. */
  readonly encoding?: ClipboardEncoding;
}

/** One certificate that was found, or what was found in its place. */
export type IntakeItem =
  | { readonly der: Uint8Array; readonly alias: string | null; readonly error: null }
  | { readonly der: null; readonly alias: string | null; readonly error: IntakeError };

/** Bytes of the largest input: a truststore of thousands of certificates. */
export const MAX_INPUT_BYTES = 32 * 1024 * 1024;
const CERTIFICATE_LABELS = new Set(['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']);
const PKCS7_LABELS = new Set(['PKCS7', 'CMS', 'PKCS #7 SIGNED DATA']);
const JAVA_MAGIC = new Set([0xfeedfeed, 0xcececece]);

/**
 * All certificates of pasted or uploaded input, in its order, as DER.
 *
 * PEM (with anything around it, in UTF-8 or UTF-16, on one line, indented, quoted, with literal `\n`), DER, bare base64,
 * PKCS#7, PKCS#12, JKS and JCEKS. A private key anywhere is refused first, before anything else is looked at; keys inside
 * password-protected keystores are never decrypted, and only the certificates are taken.
 *
 * @throws PrivateKeyNotAllowedError, NoCertificateError, IntakeError for the first item that is malformed
 */
export function readCertificates(input: string | Uint8Array, options: ReadCertificatesOptions = {}): Uint8Array[] {
  return readCertificateItems(input, options).map(({ der, error }) => {
    if (error) throw error;
    return der;
  });
}

/** As {@link readCertificates}, but with a result per item, so that a bad one does not hide the good ones. */
export function readCertificateItems(
  input: string | Uint8Array,
  options: ReadCertificatesOptions = {},
): [IntakeItem, ...IntakeItem[]] {
  const size = typeof input === 'string' ? input.length : input.byteLength;
  if (size > MAX_INPUT_BYTES)
    throw new IntakeError('INPUT_TOO_LARGE', `the input has more than ${MAX_INPUT_BYTES} bytes`);
  const [first, ...more] = typeof input === 'string' ? fromText(input, options) : fromBytes(input, options);
  if (!first) throw new NoCertificateError('no certificate was found');
  return [first, ...more];
}

function fromBytes(input: Uint8Array, options: ReadCertificatesOptions): IntakeItem[] {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  const isJava = bytes.length >= 4 && JAVA_MAGIC.has(bytes.readUInt32BE(0));
  if (isJava) return fromKeystore(bytes, options);
  if (bytes[0] === 0x30 && !isPrintable(bytes.subarray(0, 64))) return fromDer(bytes, options);
  return fromText(textOf(bytes), options);
}

function fromText(text: string, options: ReadCertificatesOptions): IntakeItem[] {
  const plain = plainText(text);
  refusePrivateKeyText(plain);
  const { blocks, cutOff } = pemBlocks(plain);
  const decoded = blocks.map((block) => ({ ...block, der: decodeBase64(block.body) }));
  const bare = decodeBase64(plain);
  const isTextInBase64 = bare !== undefined && isPrintable(bare.subarray(0, 64));
  for (const { der } of [...decoded, { der: bare }]) if (der) refusePrivateKeyElements(der);
  if (isTextInBase64) refusePrivateKeyText(plainText(textOf(bare)));

  const isPem = blocks.length > 0 || cutOff;
  if (options.encoding === 'BASE64' && isPem) throw new IntakeError('WRONG_ENCODING', 'this is PEM; choose BASE64PEM');
  if (isPem) return fromPem(decoded, cutOff, options);
  if (!bare) throw new NoCertificateError('this is neither PEM nor base64 of a certificate');
  if (isTextInBase64 && bare.includes('BEGIN '))
    throw new IntakeError('WRONG_ENCODING', 'this is base64 of PEM: decode it once, then paste the result');
  if (options.encoding === 'BASE64PEM')
    throw new IntakeError('WRONG_ENCODING', 'this is base64 without BEGIN and END lines; choose BASE64');
  return fromDer(bare, options);
}

type DecodedBlock = PemBlock & { readonly der: Buffer | undefined };

function fromPem(blocks: readonly DecodedBlock[], cutOff: boolean, options: ReadCertificatesOptions): IntakeItem[] {
  const items = blocks.flatMap((block) => fromBlock(block, options));
  if (cutOff) items.push(failed('MALFORMED_CERTIFICATE', 'a PEM block has no END line of its own'));
  if (items.length > 0) return items;
  throw new NoCertificateError(`this is no certificate: ${[...new Set(blocks.map(({ label }) => label))].join(', ')}`);
}

function fromBlock({ label, der }: DecodedBlock, options: ReadCertificatesOptions): IntakeItem[] {
  const isPkcs7Block = PKCS7_LABELS.has(label);
  if (!isPkcs7Block && !CERTIFICATE_LABELS.has(label)) return [];
  if (!der) return [failed('MALFORMED_CERTIFICATE', 'a PEM block is not base64')];
  if (isPkcs7Block) return fromDer(der, options);
  if (label !== 'TRUSTED CERTIFICATE') return [certificateItem(der)];
  // OpenSSL puts its trust settings behind the certificate.
  try {
    return [certificateItem(new Asn1Reader(der, 'DER').next(0x30).whole)];
  } catch {
    return [certificateItem(der)];
  }
}

function fromDer(bytes: Buffer, options: ReadCertificatesOptions): IntakeItem[] {
  refusePrivateKeyElements(bytes);
  if (hasCertificateShape(bytes)) return [certificateItem(bytes)];
  if (isPkcs7(bytes)) return pkcs7Certificates(bytes).map((der) => certificateItem(der));
  if (isPkcs12(bytes)) return fromKeystore(bytes, options);
  refusePrivateKeyText(bytes.toString('latin1'));
  const several = certificatesInARow(bytes);
  if (several) return several.map((der) => certificateItem(der));
  throw new IntakeError('MALFORMED_CERTIFICATE', 'this is no certificate in DER, or bytes follow it');
}

/** `cat a.der b.der` */
function certificatesInARow(bytes: Buffer): Buffer[] | undefined {
  const reader = new Asn1Reader(bytes, 'DER');
  const certificates: Buffer[] = [];
  try {
    while (!reader.done) {
      const { whole } = reader.next(0x30);
      if (!hasCertificateShape(whole)) return undefined;
      certificates.push(whole);
    }
  } catch (error) {
    if (error instanceof Asn1Error) return undefined;
    throw error;
  }
  return certificates;
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

function fromKeystore(bytes: Buffer, { password }: ReadCertificatesOptions): IntakeItem[] {
  try {
    const { entries, plainKey } = readKeystore(bytes, {
      certificates: 'all',
      ...(password === undefined ? {} : { password }),
    });
    if (plainKey) throw new PrivateKeyNotAllowedError();
    return entries.map(({ alias, der }) => certificateItem(der, alias || null));
  } catch (cause) {
    if (!(cause instanceof KeystoreError)) throw cause;
    throw new IntakeError(KEYSTORE_CODES[cause.code] ?? 'MALFORMED_CERTIFICATE', cause.message, { cause });
  }
}

/** One certificate in DER, or what is wrong with it. @throws PrivateKeyNotAllowedError */
export function certificateItem(der: Uint8Array, alias: string | null = null): IntakeItem {
  if (hasCertificateShape(der)) return { der, alias, error: null };
  refusePrivateKeyDer(Buffer.from(der));
  return failed('MALFORMED_CERTIFICATE', 'this is no certificate in DER, or bytes follow it', alias);
}

function failed(code: IntakeErrorCode, message: string, alias: string | null = null): IntakeItem {
  return { der: null, alias, error: new IntakeError(code, message) };
}
