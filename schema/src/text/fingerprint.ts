import { MalformedError } from '../errors.js';

declare const BRAND: unique symbol;

/** The checked SHA-256 of a certificate's DER encoding: 64 lower-case hexadecimal digits. */
export type Fingerprint = string & { readonly [BRAND]: true };

/** The rule of {@link parseFingerprint}, as the end of a message. */
export const FINGERPRINT_RULE = 'must be the SHA-256 of a certificate: 64 hexadecimal digits, with or without colons';

/** Reads a fingerprint in either case, with or without colons. @throws MalformedError */
export function parseFingerprint(text: string, field = 'fingerprint'): Fingerprint {
  const digits = text.replaceAll(':', '').toLowerCase();
  if (!isFingerprint(digits)) throw new MalformedError(field, FINGERPRINT_RULE);
  return digits;
}

function isFingerprint(text: string): text is Fingerprint {
  return /^[0-9a-f]{64}$/.test(text);
}
