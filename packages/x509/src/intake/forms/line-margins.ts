/** What stands before every line of a text that was quoted, commented, numbered, searched or compared. */
interface Margin {
  readonly sign: RegExp;
  /** Lines that belong to the margin and carry nothing. */
  readonly frame?: RegExp;
  /** Whether the signs of all lines agree with one another. */
  readonly agree?: (signs: readonly string[]) => boolean;
}

const isSame = (signs: readonly string[]) => signs.every((sign) => sign.trim() === signs[0]?.trim());
const areNext = (signs: readonly string[]) => {
  const numbers = signs.map((sign) => Number.parseInt(sign.trim(), 10));
  return numbers.every((number, at) => at === 0 || number > (numbers[at - 1] ?? number)) && isDense(numbers);
};
const isDense = (numbers: readonly number[]) => (numbers.at(-1) ?? 0) - (numbers[0] ?? 0) < numbers.length * 2;

const MARGINS: readonly Margin[] = [
  { sign: /^[ \t]{0,16}(?:>[ ]?){1,8}/ },
  {
    sign: /^[ \t]{0,16}(?:#{1,4}|\/\/[/!]?|\*|;{1,4}|%{1,4}|\|)(?: |$)/,
    frame: /^\s{0,16}(?:\/\*{1,2}|\*\/)\s{0,16}$/,
    agree: isSame,
  },
  // `cat -n`, editors and reviews count lines.
  { sign: /^[ ]{0,8}\d{1,7}(?:\t|: ?|[ ]{1,4}(?:\|[ ]?)?)/, agree: areNext },
  { sign: /^[^\s:]{1,256}:\d{1,7}:/ },
  // A diff: what it removes is not read.
  { sign: /^[+ ]/, frame: /^(?:diff |index |--- |\+\+\+ |@@ |new file |-)/ },
];
/** Fewer lines have a common sign by chance. */
const LEAST = 4;

/** Takes away what stands before every line, and leaves the lines where they are. @returns the same text where there is nothing */
export function withoutLineMargins(text: string): string {
  const lines = text.split('\n');
  for (const { sign, frame, agree } of MARGINS) {
    const signs: string[] = [];
    const read: string[] = [];
    for (const line of lines) {
      const isFrame = frame?.test(line) ?? false;
      const found = isFrame || line.trim() === '' ? '' : sign.exec(line)?.[0];
      if (found === undefined) break;
      if (found !== '') signs.push(found);
      read.push(isFrame ? '' : line.slice(found.length));
    }
    if (
      read.length === lines.length &&
      signs.length >= LEAST &&
      (agree?.(signs) ?? true) &&
      !/^[ ]*$/.test(signs.join(''))
    )
      return read.join('\n');
  }
  return text;
}
