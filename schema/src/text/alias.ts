import { MalformedError } from '../errors.js';

/** Aliases of base CAs in the truststore start with this; managed aliases never do. */
export const BASE_ALIAS_PREFIX = 'base/';
/** Alias of the marker entry in every truststore. */
export const MARKER_ALIAS = 'trustcast/marker';

const RESERVED_PREFIXES = [BASE_ALIAS_PREFIX, 'trustcast/'];
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const OUTSIDE_BMP = /[\u{10000}-\u{10ffff}]/u;

/**
 * Key under which two aliases are the same entry.
 *
 * Java's PKCS#12 keystore lower-cases aliases with `Locale.ENGLISH`; JavaScript's `toLowerCase` folds a superset of
 * that, so what is unique here is unique there.
 */
export function foldAlias(alias: string): string {
  return alias.toLowerCase();
}

/**
 * Checks an alias and returns it in NFC.
 *
 * 1 to 255 characters of the Basic Multilingual Plane (a BMPString carries nothing else), no control, format or
 * surrogate characters, no white space at the edges, none of the reserved prefixes `base/` and `trustcast/`.
 *
 * @throws MalformedError naming `field` and the rule that is broken
 */
export function parseAlias(text: unknown, field = 'alias'): string {
  if (typeof text !== 'string') throw new MalformedError(field, 'must be a string');
  const alias = text.normalize('NFC');
  if (alias.length === 0) throw new MalformedError(field, 'must not be empty');
  if (alias.length > 255) throw new MalformedError(field, 'must have at most 255 characters');
  if (OUTSIDE_BMP.test(alias))
    throw new MalformedError(field, 'must use characters of the Basic Multilingual Plane only');
  if (FORBIDDEN.test(alias)) throw new MalformedError(field, 'must not contain control or format characters');
  if (alias.trim() !== alias) throw new MalformedError(field, 'must not start or end with white space');
  const folded = foldAlias(alias);
  if (RESERVED_PREFIXES.some((prefix) => folded.startsWith(prefix)))
    throw new MalformedError(field, `must not start with ${RESERVED_PREFIXES.join(' or ')}`);
  return alias;
}
