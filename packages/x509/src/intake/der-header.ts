/** What DER says of itself in its first bytes. */
export interface DerHeader {
  /** Bytes of the whole element; Infinity for BER that ends where it says so. */
  readonly length: number;
  readonly isCertificate: boolean;
}

/** Bytes that are enough to know a certificate from anything else. */
const TELLING = 64;

/** Reads the first lengths of a certificate, PKCS#7, PKCS#12 or similar; undefined for bytes that only begin as these do. */
export function derHeader(start: Buffer): DerHeader | undefined {
  const outer = start[0] === 0x30 ? lengthAt(start, 0) : undefined;
  if (!outer) return undefined;
  const inside = start.subarray(outer.header);
  const length = outer.header + outer.length;
  // PKCS#7 begins with its type, PKCS#12 with version 3.
  if (/^(?:06(?:09|0a)2a|02010330)/.test(inside.toString('hex', 0, 4))) return { length, isCertificate: false };
  const inner = inside[0] === 0x30 ? lengthAt(inside, 0) : undefined;
  if (!inner || outer.length === Infinity || inner.header + inner.length >= outer.length) return undefined;
  const fields = inside.subarray(inner.header);
  const isVersioned = fields[0] === 0xa0 && fields[1] === 3 && fields[2] === 2 && fields[3] === 1;
  return { length, isCertificate: isVersioned || (inner.length > TELLING && isFirstVersion(fields)) };
}

export function beginsLikeCertificate(bytes: Buffer): boolean {
  return derHeader(bytes.subarray(0, TELLING))?.isCertificate === true;
}

/** A serial number and an algorithm behind it. Requests and revocation lists have version 0 or 1 in its place. */
function isFirstVersion(fields: Buffer): boolean {
  const serial = fields[0] === 0x02 ? lengthAt(fields, 0) : undefined;
  if (!serial || (serial.length === 1 && (fields[2] ?? 0) <= 1)) return false;
  return fields[serial.header + serial.length] === 0x30;
}

function lengthAt(bytes: Buffer, at: number): { header: number; length: number } | undefined {
  const first = bytes[at + 1];
  if (first === undefined) return undefined;
  if (first < 0x80) return { header: 2, length: first };
  if (first === 0x80) return { header: 2, length: Infinity };
  const count = first & 0x7f;
  if (count > 4 || bytes.length < at + 2 + count) return undefined;
  return { header: 2 + count, length: bytes.readUIntBE(at + 2, count) };
}
