import { replaceRuns } from './large-text.js';

/** Decodes base64 with white space anywhere, padded or not; undefined for anything else. */
export function decodeBase64(text: string): Buffer | undefined {
  const compact = replaceRuns(text, /\s{1,4096}/g, '');
  const digits = compact.replace(/={1,2}$/, '');
  const padded = digits.length < compact.length;
  // One test of one class: a pattern with groups overflows the stack at 16 MB.
  if (digits === '' || /[^A-Za-z0-9+/]/.test(digits) || digits.length % 4 === 1) return undefined;
  return padded && compact.length % 4 !== 0 ? undefined : Buffer.from(digits, 'base64');
}

/** Decodes base64 or base64url (RFC 4648 section 5), as {@link decodeBase64} does; a mixture of both is neither. */
export function decodeBase64Either(text: string): Buffer | undefined {
  const isUrl = /[-_]/.test(text) && !/[+/]/.test(text);
  return decodeBase64(isUrl ? replaceRuns(replaceRuns(text, /-/g, '+'), /_/g, '/') : text);
}
