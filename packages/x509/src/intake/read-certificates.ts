import { isJavaKeystore } from '@trustcast/keystore';
import { IntakeError, NoCertificateError } from '../errors.js';
import { decodeBase64Either } from './base64.js';
import { derItems, embeddedCertificates, type IntakeItem } from './der-items.js';
import { FILLER } from './filler.js';
import { isBinary, isText, textOf } from './input-text.js';
import { knownFile } from './known-files.js';
import { type ClipboardEncoding, type ReadCertificatesOptions, TextReader } from './text-reader.js';

export type { ClipboardEncoding, ReadCertificatesOptions };

/** Layers of base64 that an error counts. */
const MAX_LAYERS_TOLD = 20;

/** Bytes of the largest input: a truststore of thousands of certificates. */
export const MAX_INPUT_BYTES = 32 * 1024 * 1024;

/**
 * All certificates of pasted or uploaded input, in its order, as DER.
 *
 * PEM (with anything around it, in UTF-8, UTF-16 or UTF-32, in the forms of {@link readForms}), DER, base64 alone or in
 * JSON, YAML, XML and LDIF, hexadecimal, PKCS#7, PKCS#12, JKS and JCEKS. A private key anywhere is refused first, before
 * anything else is looked at; keys inside password-protected keystores are never decrypted, and only the certificates are
 * taken.
 *
 * @throws PrivateKeyNotAllowedError, NoCertificateError, IntakeError for the first item that is malformed
 */
export function readCertificates(input: string | Uint8Array, options: ReadCertificatesOptions = {}): Uint8Array[] {
  return readCertificateItems(input, options).map(({ der, error }) => {
    if (error) throw error;
    return der;
  });
}

/**
 * As {@link readCertificates}, but with a result per item, so that a bad one does not hide the good ones. Whatever looks like a
 * certificate is one of the items: it is read, or named with its place and what is wrong with it.
 */
export function readCertificateItems(
  input: string | Uint8Array,
  options: ReadCertificatesOptions = {},
): [IntakeItem, ...IntakeItem[]] {
  const size = typeof input === 'string' ? input.length : input.byteLength;
  if (size > MAX_INPUT_BYTES)
    throw new IntakeError(
      'INPUT_TOO_LARGE',
      `the input has more than ${MAX_INPUT_BYTES} bytes: give it in several parts`,
    );
  const [first, ...more] = typeof input === 'string' ? fromText(input, options) : fromBytes(input, options);
  if (!first) throw new NoCertificateError('no certificate was found: give PEM, DER, PKCS#7 or a keystore');
  return [first, ...more];
}

function fromBytes(input: Uint8Array, options: ReadCertificatesOptions): IntakeItem[] {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  const content = isJavaKeystore(bytes) ? bytes : bytes.subarray(leadOf(bytes));
  if (isJavaKeystore(content) || isBinary(content))
    return derItems(content, options.password, (rest) => withEmbedded(rest, options));
  return withEmbedded(bytes, options);
}

/** Text, and certificates in DER that were copied behind it. */
function withEmbedded(bytes: Buffer, options: ReadCertificatesOptions): IntakeItem[] {
  const hasControls = bytes.some((byte) => byte > 0 && byte < 0x09);
  const embedded = hasControls ? embeddedCertificates(bytes) : [];
  try {
    return [...fromText(textOf(bytes), options), ...embedded];
  } catch (error) {
    const isNothing =
      error instanceof NoCertificateError || (error instanceof IntakeError && error.code === 'MALFORMED_CERTIFICATE');
    if (embedded.length > 0 && isNothing) return embedded;
    throw error;
  }
}

/** How many bytes of line ends and marks stand before DER. */
function leadOf(bytes: Buffer): number {
  let at = bytes.subarray(0, 3).toString('hex') === 'efbbbf' ? 3 : 0;
  while (at < 64 && at < bytes.length && FILLER.has(bytes[at] ?? 1)) at++;
  return at;
}

function fromText(text: string, options: ReadCertificatesOptions): IntakeItem[] {
  const reader = new TextReader(options);
  const items = reader.read(text);
  if (items.length > 0) return items;
  if (reader.nothing !== undefined) throw new NoCertificateError(reader.nothing);
  const known = knownFile(text.slice(0, 4_096));
  if (known !== undefined) throw new NoCertificateError(known);
  const layers = layersOf(text);
  if (layers > 0)
    throw new IntakeError(
      'MALFORMED_CERTIFICATE',
      `line 1 begins base64 of base64, ${layers + 1} in one another, and none holds a certificate that is read: ` +
        'decode it first (base64 -d)',
    );
  // What is base64 throughout was meant to be a certificate.
  if (decodeBase64Either(text))
    throw new IntakeError(
      'MALFORMED_CERTIFICATE',
      'this is no certificate in DER, or it is cut off: copy it again, whole',
    );
  throw new NoCertificateError('this is neither PEM nor base64 of a certificate: give PEM, DER, PKCS#7 or a keystore');
}

/** How often base64 lies in base64. */
function layersOf(given: string): number {
  let text = given;
  for (let layers = 0; layers < MAX_LAYERS_TOLD; layers++) {
    const bytes = decodeBase64Either(text);
    if (!bytes || !isText(bytes) || !decodeBase64Either((text = textOf(bytes)))) return layers;
  }
  return MAX_LAYERS_TOLD;
}
