import { createCipheriv, createHmac } from 'node:crypto';
import {
  NULL,
  OCTET_STRING,
  SEQUENCE,
  elementLength,
  encodeAlgorithm,
  encodeElement,
  encodeInteger,
  encodeOid,
  headerLength,
  putHeader,
} from '../asn1/asn1-encode.js';
import { OID } from '../asn1/oids.js';

/** Keys of one file. */
export interface Protection {
  readonly salt: Uint8Array;
  readonly mac: Buffer;
  readonly encryption: { readonly key: Buffer; readonly iv: Buffer } | undefined;
}

/** As the JDK's own default since 8u301. */
export const ITERATIONS = 10_000;
const VERSION = encodeInteger(3);
const DATA = encodeOid(OID.data);
const NOTHING = Buffer.alloc(0);

/** One PKCS#12 file around its SafeBags, piece by piece; all lengths are known before the first. */
export function* pkcs12Pieces(
  bags: readonly Buffer[],
  protection: Protection | undefined,
): Generator<Buffer, void, undefined> {
  const bagsLength = bags.reduce((sum, piece) => sum + piece.length, 0);
  const contents = [header(SEQUENCE, bagsLength), ...bags];
  const contentsLength = elementLength(bagsLength);
  const encryption = protection?.encryption;
  // PKCS#7 padding always adds 1 to 16 bytes.
  const body = encryption ? (Math.floor(contentsLength / 16) + 1) * 16 : contentsLength;
  // Where the AuthenticatedSafe begins, which is what the MAC is made of.
  const safeHead = encryption ? encryptedSafeHead(protection, encryption.iv, body) : plainSafeHead(body);
  const safeLength = safeHead.length + body;
  const authSafeHead = nested([SEQUENCE, DATA], [0xa0, NOTHING], [OCTET_STRING, NOTHING], safeLength);
  const tailLength = protection ? macData(protection.salt, Buffer.alloc(32)).length : 0;

  yield header(SEQUENCE, VERSION.length + authSafeHead.length + safeLength + tailLength);
  yield VERSION;
  yield authSafeHead;
  const mac = protection && createHmac('sha256', protection.mac);
  for (const piece of [safeHead, ...(encryption ? encrypted(encryption, contents) : contents)]) {
    mac?.update(piece);
    yield piece;
  }
  if (mac) yield macData(protection.salt, mac.digest());
}

function encrypted({ key, iv }: { key: Buffer; iv: Buffer }, contents: readonly Buffer[]): Buffer[] {
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  return [...contents.map((piece) => cipher.update(piece)), cipher.final()];
}

function header(tag: number, contentLength: number): Buffer {
  const out = Buffer.alloc(headerLength(contentLength));
  putHeader(out, 0, tag, contentLength);
  return out;
}

/** The headers of elements around each other, outermost first, each with what precedes the next one in its content. */
function nested(...layers: [...[tag: number, before: Buffer][], number]): Buffer {
  let length = layers.at(-1) as number;
  const parts: Buffer[] = [];
  for (const [tag, before] of (layers.slice(0, -1) as [number, Buffer][]).reverse()) {
    length += before.length;
    const head = header(tag, length);
    parts.unshift(head, before);
    length += head.length;
  }
  return Buffer.concat(parts);
}

function plainSafeHead(body: number): Buffer {
  return nested([SEQUENCE, NOTHING], [SEQUENCE, DATA], [0xa0, NOTHING], [OCTET_STRING, NOTHING], body);
}

function encryptedSafeHead(protection: Protection | undefined, iv: Buffer, body: number): Buffer {
  const algorithm = pbes2(protection?.salt ?? NOTHING, iv);
  return nested(
    [SEQUENCE, NOTHING],
    [SEQUENCE, encodeOid(OID.encryptedData)],
    [0xa0, NOTHING],
    [SEQUENCE, encodeInteger(0)],
    [SEQUENCE, Buffer.concat([DATA, algorithm])],
    [0x80, NOTHING],
    body,
  );
}

function pbes2(salt: Uint8Array, iv: Uint8Array): Buffer {
  const kdf = encodeElement(
    SEQUENCE,
    encodeElement(OCTET_STRING, salt),
    encodeInteger(ITERATIONS),
    encodeInteger(32),
    encodeAlgorithm(OID.hmacSha256),
  );
  const cipher = encodeAlgorithm(OID.aes256Cbc, encodeElement(OCTET_STRING, iv));
  return encodeAlgorithm(OID.pbes2, encodeElement(SEQUENCE, encodeAlgorithm(OID.pbkdf2, kdf), cipher));
}

function macData(salt: Uint8Array, mac: Uint8Array): Buffer {
  const digest = encodeElement(SEQUENCE, encodeAlgorithm(OID.sha256, NULL), encodeElement(OCTET_STRING, mac));
  return encodeElement(SEQUENCE, digest, encodeElement(OCTET_STRING, salt), encodeInteger(ITERATIONS));
}
