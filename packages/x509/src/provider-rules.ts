import { Asn1Reader } from '@trustcast/keystore';
import { TrustcastError } from '@trustcast/schema/errors.js';
import type { CertificateParts, ExtensionPart } from './certificate-parts.js';
import { demand } from './demand.js';
import { nameAttributes } from './distinguished-name.js';
import { NotJavaSafeError } from './errors.js';
import { EXTENSION_OID, demandReadable } from './extension-rules.js';
import { demandSoundKey } from './key-value-rules.js';

/**
 * Throws unless the security providers that stand in front of the JDK's own in some installations (BouncyCastle, BC-FIPS,
 * Conscrypt) read this certificate too. Such a provider opens the truststore itself, and one certificate that it refuses makes
 * the whole file unreadable for it.
 *
 * Padded serial numbers and times beyond DER are admitted all the same, as people have them: see `certificateWarnings`.
 */
export function demandProviderSafe(parts: CertificateParts, der: Uint8Array): void {
  for (const name of [parts.issuer, parts.subject]) for (const { value } of nameAttributes(name)) demandText(value);
  for (const time of parts.times) demandCalendar(time);
  for (const extension of parts.extensions) if (READ_AT_ONCE.has(extension.oid)) demandReadableAtOnce(extension);
  demandSoundKey(parts, der);
}

/** Extensions that BouncyCastle reads when it parses the certificate, critical or not. */
const READ_AT_ONCE: ReadonlySet<string> = new Set([EXTENSION_OID.basicConstraints, EXTENSION_OID.keyUsage]);

function demandReadableAtOnce(extension: ExtensionPart): void {
  try {
    demandReadable(extension);
  } catch (cause) {
    if (!(cause instanceof TrustcastError)) throw cause;
    throw new NotJavaSafeError('PROVIDER', `the extension ${extension.oid} cannot be read`, { cause });
  }
}

/** Throws unless an attribute's value is a string that is encoded as its type wants, or a string of bits or octets. */
function demandText(value: Buffer): void {
  const { tag, content } = new Asn1Reader(value, 'DER').next();
  demand(isText(tag, content), 'PROVIDER', `a name holds no text that is encoded as its type ${tag} wants`);
}

function isText(tag: number, content: Buffer): boolean {
  switch (tag) {
    case 0x0c:
      return isUtf8(content);
    case 0x1e:
      return isUnicode(content, 2);
    case 0x1c:
      return isUnicode(content, 4);
    case 0x03:
      // A unique identifier (X.520 section 6.2.7); both libraries want whole bytes.
      return content[0] === 0;
    default:
      return [0x04, 0x12, 0x13, 0x14, 0x16, 0x1a, 0x1b].includes(tag);
  }
}

/** Whether this is UTF-8 without noncharacters, which Conscrypt refuses. */
function isUtf8(content: Buffer): boolean {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
    return !/\p{Noncharacter_Code_Point}/u.test(text);
  } catch {
    return false;
  }
}

/** Whether these are code points of `width` bytes, without surrogates and noncharacters. */
function isUnicode(content: Buffer, width: 2 | 4): boolean {
  if (content.length % width !== 0) return false;
  for (let at = 0; at < content.length; at += width) {
    const point = content.readUIntBE(at, width);
    const isNoncharacter = (point & 0xfffe) === 0xfffe || (point >= 0xfdd0 && point <= 0xfdef);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff) || isNoncharacter) return false;
  }
  return true;
}

/** The JDK takes the 31st of February for the 2nd of March. */
function demandCalendar({ year, month, day, offsetHours }: CertificateParts['times'][number]): void {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  demand(date.getUTCMonth() === month - 1, 'PROVIDER', 'the validity has a day that is not in the calendar');
  demand(offsetHours <= 14, 'PROVIDER', 'an offset of its validity is of no time zone');
}
