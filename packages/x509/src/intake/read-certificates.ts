import { isJavaKeystore } from '@trustcast/keystore';
import { IntakeError, NoCertificateError } from '../errors.js';
import { decodeBase64Either, isPrintable } from './base64.js';
import { type BlockBody, blockBody } from './block-body.js';
import { byteLiterals } from './byte-literals.js';
import { type IntakeItem, derItems, failedItem, firstElement, isCertificateContent } from './der-items.js';
import { isBinary, textOf } from './input-text.js';
import { type PemBlock, familyOf, pemBlocks } from './pem-blocks.js';
import { refusePrivateKeyElements, refusePrivateKeyText } from './private-key.js';
import { readForms } from './text-forms.js';
import { hexBytes, textsInBase64, wrappedBase64 } from './wrapped-base64.js';

/** How the clipboard's text is encoded: bare base64 of DER, or PEM. */
export type ClipboardEncoding = 'BASE64' | 'BASE64PEM';

/** What is known of the input. */
export interface ReadCertificatesOptions {
  /** Of a PKCS#12, JKS or JCEKS file. */
  readonly password?: string;
  /** Given for the clipboard: anything else is refused with the way out, never guessed. */
  readonly encoding?: ClipboardEncoding;
}

/** Bytes of the largest input: a truststore of thousands of certificates. */
export const MAX_INPUT_BYTES = 32 * 1024 * 1024;
/** Broken blocks that are told one by one; with more, the file is something else. */
const MAX_BROKEN_BLOCKS = 1_000;
/** Layers of base64 around text: a Kubernetes Secret, copied as base64 once more. */
const MAX_LAYERS = 3;

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
  return isJavaKeystore(bytes) || isBinary(bytes)
    ? derItems(bytes, options.password)
    : fromText(textOf(bytes), options);
}

function fromText(given: string, options: ReadCertificatesOptions, layer = 0): IntakeItem[] {
  refusePrivateKeyText(given);
  const literals = byteLiterals(given);
  for (const bytes of literals) refusePrivateKeyElements(bytes);
  const { text } = readForms(given);
  if (text !== given) refusePrivateKeyText(text);
  const blocks = pemBlocks(text);
  if (blocks.length === 0) {
    // Numbers that are nothing else may be any numbers.
    const whole = literals.filter(isCertificateContent);
    return whole.length > 0
      ? whole.flatMap((bytes) => foundItems(bytes, options, layer))
      : withoutBlocks(text, options, layer);
  }
  const decoded = blocks.map((block) => ({ block, body: blockBody(block.body, block.prefix) }));
  for (const { body } of decoded) if (body.bytes) refusePrivateKeyElements(body.bytes);
  if (options.encoding === 'BASE64' && layer === 0)
    throw new IntakeError('WRONG_ENCODING', 'this is PEM; choose BASE64PEM');
  const broken = decoded.filter(({ block, body }) => block.cutOff || !body.bytes);
  if (broken.length > MAX_BROKEN_BLOCKS)
    throw new IntakeError('MALFORMED_CERTIFICATE', `${broken.length} of ${decoded.length} PEM blocks cannot be read`);
  const items = decoded.flatMap(({ block, body }, index) =>
    fromBlock(block, body, options, layer, `PEM block ${index + 1} (line ${block.line})`),
  );
  if (items.length > 0) return items;
  throw new NoCertificateError(`this is no certificate: ${[...new Set(blocks.map(({ label }) => label))].join(', ')}`);
}

function fromBlock(
  { label, cutOff }: PemBlock,
  { bytes, problem }: BlockBody,
  options: ReadCertificatesOptions,
  layer: number,
  where: string,
): IntakeItem[] {
  const family = familyOf(label);
  if (family !== 'certificate' && family !== 'pkcs7') return [];
  const failed = (what: string) => [failedItem('MALFORMED_CERTIFICATE', `${where} cannot be read: ${what}`)];
  if (cutOff) return failed('the block has no END line of its own');
  if (!bytes) return failed(problem);
  try {
    // OpenSSL puts its trust settings behind the certificate.
    const certificate = label === 'TRUSTED CERTIFICATE' ? (firstElement(bytes) ?? bytes) : bytes;
    return fromDecoded(certificate, options, layer);
  } catch (error) {
    if (error instanceof NoCertificateError) return failed('the block holds no certificate');
    if (error instanceof IntakeError && error.code === 'MALFORMED_CERTIFICATE') return failed(error.message);
    throw error;
  }
}

/** Base64 may hold DER, a keystore, or text that holds them in its turn. */
function fromDecoded(bytes: Buffer, options: ReadCertificatesOptions, layer: number): IntakeItem[] {
  return layer < MAX_LAYERS && isPrintable(bytes.subarray(0, 64))
    ? fromText(textOf(bytes), options, layer + 1)
    : derItems(bytes, options.password);
}

function withoutBlocks(text: string, options: ReadCertificatesOptions, layer: number): IntakeItem[] {
  const whole = hexBytes(text) ?? decodeBase64Either(text);
  // Words are base64 too: what they decode to is neither text nor DER, while a certificate may stand among them.
  const wrapped = whole && isContent(whole) && !isFollowed(whole) ? [] : wrappedBase64(text);
  const certain = wrapped.length > 0 || !whole ? wrapped : [whole];
  const values = certain.length > 0 ? certain : textsInBase64(text);
  for (const value of values) refusePrivateKeyElements(value);
  if (values.length === 0)
    throw new NoCertificateError(
      'this is neither PEM nor base64 of a certificate: give PEM, DER, PKCS#7 or a keystore',
    );
  const isTextInside = values.some((value) => isPrintable(value.subarray(0, 64)));
  if (options.encoding === 'BASE64PEM' && layer === 0 && !isTextInside)
    throw new IntakeError('WRONG_ENCODING', 'this is base64 without BEGIN and END lines; choose BASE64');
  const [only, ...more] = values;
  if (only && more.length === 0) return fromDecoded(only, options, layer);
  return values.flatMap((value) => foundItems(value, options, layer));
}

/** One of several values: what is wrong with it hides none of the others. */
function foundItems(value: Buffer, options: ReadCertificatesOptions, layer: number): IntakeItem[] {
  try {
    return fromDecoded(value, options, layer);
  } catch (error) {
    if (error instanceof NoCertificateError) return [];
    if (error instanceof IntakeError && error.code === 'MALFORMED_CERTIFICATE')
      return [failedItem(error.code, error.message)];
    throw error;
  }
}

/** Whether more than elements in a row stand in what values without padding, put together, decode to. */
function isFollowed(bytes: Buffer): boolean {
  let rest = bytes;
  for (let next = firstElement(rest); next; next = firstElement(rest)) rest = rest.subarray(next.length);
  return rest.length > 0 && rest.length < bytes.length;
}

function isContent(bytes: Buffer): boolean {
  return firstElement(bytes) !== undefined || isJavaKeystore(bytes) || isPrintable(bytes.subarray(0, 64));
}
