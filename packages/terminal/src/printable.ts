/**
 * Characters that act on a terminal or on the order in which text is shown, which strangers may have chosen: control and
 * format characters (escape sequences, bidi marks, invisible ones) and the separators of lines and paragraphs.
 */
const ACTING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text that only shows: line ends stay, everything else that acts becomes U+FFFD. */
export function printable(text: string): string {
  return text.replace(ACTING, (character) => (character === '\n' ? character : '\ufffd'));
}

/** Text that only shows and is one line: everything that acts becomes U+FFFD. */
export function printableLine(text: string): string {
  return text.replace(ACTING, '\ufffd');
}

/** JSON that only shows, and means the same: what acts is escaped (RFC 8259 section 7). */
export function printableJson(json: string): string {
  return json.replace(ACTING, (character) => {
    if (character === '\n') return character;
    return [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join('');
  });
}
