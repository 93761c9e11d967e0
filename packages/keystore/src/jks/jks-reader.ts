import { createHash, timingSafeEqual } from 'node:crypto';
import { KeystoreError } from '../errors.js';
import { skipSerializedObject } from './java-serialization.js';
import type { CertificateEntry } from '../keystore-content.js';

export const JKS_MAGIC = 0xfeedfeed;
export const JCEKS_MAGIC = 0xcececece;

const PRIVATE_KEY = 1;
const CERTIFICATE = 2;
const SECRET_KEY = 3;
const DIGEST_BYTES = 20;

/** What a JKS or JCEKS file holds. Keys are skipped, never decrypted. */
export interface JksContent {
  readonly certificates: readonly CertificateEntry[];
  readonly keyEntries: number;
}

/**
 * Reads JKS or JCEKS, version 1 or 2 (sun.security.provider.JavaKeyStore, com.sun.crypto.provider.JceKeyStore).
 *
 * @throws KeystoreError `KEYSTORE_TAMPERED` when a password is given and the integrity digest does not match it: the
 * format cannot tell a wrong password from changed bytes
 */
export function readJks(bytes: Buffer, password: string | undefined): JksContent {
  if (bytes.length < 12 + DIGEST_BYTES) throw malformed('the file is cut off');
  try {
    const { end, ...content } = readBody(bytes.subarray(0, -DIGEST_BYTES));
    // Java reads no further: a line end that a transport left behind the digest is no change of the keystore.
    if (password !== undefined) checkDigest(bytes.subarray(0, end), bytes.subarray(end, end + DIGEST_BYTES), password);
    return content;
  } catch (cause) {
    if (cause instanceof RangeError) throw malformed('the file is cut off', cause);
    throw cause;
  }
}

function readBody(body: Buffer): JksContent & { readonly end: number } {
  const version = body.readUInt32BE(4);
  if (version !== 1 && version !== 2) throw malformed(`version ${version} is unknown`);
  const secretKeys = body.readUInt32BE(0) === JCEKS_MAGIC;
  const count = body.readUInt32BE(8);
  let at = 12;
  const block = (length: number) => {
    if (at + length > body.length) throw malformed('the file is cut off');
    return body.subarray(at, (at += length));
  };
  const u32 = () => block(4).readUInt32BE();
  const text = () => modifiedUtf8(block(block(2).readUInt16BE()));
  const certificate = () => {
    const type = version === 1 ? 'X.509' : text();
    const der = block(u32());
    return type === 'X.509' || type === 'X509' ? der : undefined;
  };

  const certificates: CertificateEntry[] = [];
  let keyEntries = 0;
  for (let index = 0; index < count; index++) {
    const kind = u32();
    const alias = text();
    block(8);
    if (kind === CERTIFICATE) {
      const der = certificate();
      if (der) certificates.push({ alias, der, trusted: true });
    } else if (kind === PRIVATE_KEY) {
      keyEntries++;
      block(u32());
      for (let left = u32(); left > 0; left--) {
        const der = certificate();
        if (der) certificates.push({ alias, der, trusted: false });
      }
    } else if (kind === SECRET_KEY && secretKeys) {
      keyEntries++;
      at = skipSerializedObject(body, at);
    } else throw malformed(`entry ${index} is of unknown kind ${kind}`);
  }
  return { certificates, keyEntries, end: at };
}

function checkDigest(body: Buffer, digest: Buffer, password: string): void {
  const expected = createHash('sha1')
    .update(Buffer.from(password, 'utf16le').swap16())
    .update('Mighty Aphrodite')
    .update(body)
    .digest();
  if (!timingSafeEqual(expected, digest))
    throw new KeystoreError('KEYSTORE_TAMPERED', 'the password is wrong, or the keystore was changed');
}

/** The encoding of java.io.DataInput#readUTF: surrogates and NUL are encoded one by one. */
function modifiedUtf8(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
    if (a < 0x80) {
      text += String.fromCharCode(a);
      at += 1;
    } else if (a >> 5 === 0b110 && at + 2 <= bytes.length) {
      text += String.fromCharCode(((a & 0x1f) << 6) | (b & 0x3f));
      at += 2;
    } else if (a >> 4 === 0b1110 && at + 3 <= bytes.length) {
      text += String.fromCharCode(((a & 0x0f) << 12) | ((b & 0x3f) << 6) | (c & 0x3f));
      at += 3;
    } else throw malformed('an alias is not modified UTF-8');
  }
  return text;
}

function malformed(message: string, cause?: unknown): KeystoreError {
  return new KeystoreError('KEYSTORE_MALFORMED', message, { cause });
}
