import { Asn1Reader } from './asn1/asn1-reader.js';
import { Asn1Error } from './errors.js';
import { JCEKS_MAGIC, JKS_MAGIC } from './jks/jks-reader.js';

/** Format of a keystore, as Java names it. */
export type KeystoreFormat = 'JKS' | 'JCEKS' | 'PKCS12';
/** A format of BouncyCastle, which is recognised and not read. */
export type BouncyCastleFormat = 'BKS' | 'UBER' | 'BCFKS';

const SEQUENCE = 0x30;
/** Bytes of the salt in BKS and UBER, and of what stands around it: version, length, iterations. */
const SALT_BYTES = 20;
const HEADER_BYTES = 4 + 4 + SALT_BYTES + 4;
const MAX_VERSION = 2;
/** BouncyCastle takes 1,024 to 2,047. */
const MAX_ITERATIONS = 0xffff;

/** Format by content; whatever else is a SEQUENCE is taken for PKCS#12. */
export function formatOf(file: Buffer): KeystoreFormat | BouncyCastleFormat | undefined {
  const magic = file.length < 4 ? 0 : file.readUInt32BE(0);
  if (magic === JKS_MAGIC) return 'JKS';
  if (magic === JCEKS_MAGIC) return 'JCEKS';
  if (file[0] === SEQUENCE) return isBcfks(file) ? 'BCFKS' : 'PKCS12';
  if (!hasSaltedHeader(file)) return undefined;
  return beginsWithEntry(file) ? 'BKS' : 'UBER';
}

/** Whether bytes are a keystore of Java or BouncyCastle, which no other content begins like. PKCS#12 is none of them. */
export function isJavaKeystore(bytes: Uint8Array): boolean {
  const format = formatOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return format !== undefined && format !== 'PKCS12';
}

/** org.bouncycastle.jcajce.provider.keystore.bc.BcKeyStoreSpi: version, salt with its length, iterations. */
function hasSaltedHeader(file: Buffer): boolean {
  if (file.length <= HEADER_BYTES || file.readUInt32BE(0) > MAX_VERSION || file.readUInt32BE(4) !== SALT_BYTES)
    return false;
  const iterations = file.readUInt32BE(8 + SALT_BYTES);
  return iterations > 0 && iterations <= MAX_ITERATIONS;
}

/** In BKS an entry follows (kind, alias with its length, milliseconds since 1970), or the end; in UBER ciphertext. */
function beginsWithEntry(file: Buffer): boolean {
  const kind = file[HEADER_BYTES] ?? 0xff;
  if (kind === 0) return file.length >= HEADER_BYTES + 1 + 20;
  const dateAt = HEADER_BYTES + 3 + (file.length < HEADER_BYTES + 3 ? 0 : file.readUInt16BE(HEADER_BYTES + 1));
  return kind <= 4 && file.length >= dateAt + 8 && file.readUInt16BE(dateAt) === 0;
}

/** org.bouncycastle.asn1.bc.ObjectStore: an algorithm with encrypted content, then a MAC or a signature. */
function isBcfks(file: Buffer): boolean {
  try {
    const store = new Asn1Reader(file, 'BER').enter(SEQUENCE);
    const encrypted = store.enter(SEQUENCE);
    const algorithm = encrypted.enter(SEQUENCE);
    algorithm.next(0x06);
    encrypted.octets();
    encrypted.end();
    return store.nextTag === SEQUENCE || store.nextTag === 0xa0;
  } catch (error) {
    if (error instanceof Asn1Error) return false;
    throw error;
  }
}
