/**
 * Control (escape sequences among them), format (marks that reorder text or cannot be seen) and line-separating characters,
 * and halves of characters: whoever prints such a text on a terminal lets its author write there.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const EACH_UNPRINTABLE = new RegExp(UNPRINTABLE, 'gu');

/** True for text that may be shown as it is. */
export function isPlain(text: string): boolean {
  return !UNPRINTABLE.test(text);
}

/**
 * Makes any text one that the contract takes: at most `maxLength` UTF-16 units, `…` at the end of what was cut, U+FFFD for
 * what cannot be shown.
 */
export function plainText(text: string, maxLength = 1_024): string {
  // Cut first: what is cut off may be long, and the cut may leave half a character.
  const short = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  return short.replace(EACH_UNPRINTABLE, '\ufffd');
}
