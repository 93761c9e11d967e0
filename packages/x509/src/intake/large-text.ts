/** Characters that are looked at in one piece: what is made of them is garbage before the next piece. */
const PIECE = 65_536;
/** Parts that are put together before there are more of them. */
const PARTS = 8_192;
/** Characters around a cut in which a sign may stand that must not be cut. */
const AROUND = 16;

/** Text that grows by small parts, of which only so many are kept apart. */
export class GrowingText {
  readonly #joined: string[] = [];
  #parts: string[] = [];

  push(part: string): void {
    if (part !== '' && this.#parts.push(part) >= PARTS) this.#join();
  }

  whole(): string {
    this.#join();
    return this.#joined.join('');
  }

  #join(): void {
    if (this.#parts.length > 0) this.#joined.push(this.#parts.join(''));
    this.#parts = [];
  }
}

/**
 * As `text.replace`, in memory that does not grow with the number of matches: JavaScript keeps a list of all of them, which
 * takes several times the room of a text of short words.
 */
export function replaceEach(
  text: string,
  pattern: RegExp,
  replacement: string | ((whole: string, groups: readonly (string | undefined)[], at: number) => string),
): string {
  pattern.lastIndex = 0;
  let match = pattern.exec(text);
  if (!match) return text;
  const read = new GrowingText();
  let open = 0;
  for (; match; match = pattern.exec(text)) {
    const [whole, ...groups] = match;
    read.push(text.slice(open, match.index));
    read.push(typeof replacement === 'string' ? replacement : replacement(whole, groups, match.index));
    open = match.index + whole.length;
    if (whole === '') pattern.lastIndex++;
  }
  read.push(text.slice(open));
  return read.whole();
}

/** As {@link replaceEach}, and faster, for patterns that match single characters, runs of one class, and `signs`. */
export function replaceRuns(text: string, pattern: RegExp, replacement: string, signs?: RegExp): string {
  if (text.length <= PIECE) return text.replace(pattern, replacement);
  // With a function JavaScript puts the parts together; with a string it keeps a tree of them.
  const meaning = () => replacement;
  const read = new GrowingText();
  for (const piece of piecesOf(text, signs)) read.push(piece.replace(pattern, meaning));
  return read.whole();
}

/** A text in pieces. None of the `signs` is cut, nor a character of two units. */
export function* piecesOf(text: string, signs?: RegExp): Generator<string> {
  for (let open = 0; open < text.length;) {
    let cut = Math.min(open + PIECE, text.length);
    if (cut < text.length) {
      if (isHigh(text.charCodeAt(cut - 1))) cut--;
      const around = text.slice(cut - AROUND, cut + AROUND);
      for (const { 0: sign, index } of signs ? around.matchAll(signs) : [])
        if (index < AROUND && index + sign.length > AROUND) cut += index - AROUND;
    }
    yield text.slice(open, cut);
    open = cut;
  }
}

/** How often a character stands in a text. */
export function countOf(text: string, character: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) count++;
  return count;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}
