/** From here on Unicode has no letters with cases. */
const END_OF_CASES = 0x1f000;

/** Letters that have cases, under what they have in common with those that differ in case alone. */
const CASES = new Map<string, string>();
for (let point = 0; point < END_OF_CASES; point++) {
  const letter = String.fromCodePoint(point);
  if (letter.toLowerCase() === letter.toUpperCase()) continue;
  const key = caseKey(letter);
  CASES.set(key, (CASES.get(key) ?? '') + letter);
}

/** Folds the four Turkish letters i into one, so that `istanbul` finds every spelling. */
function caseKey(letter: string): string {
  return letter === 'İ' ? 'I' : letter.toLowerCase().toUpperCase();
}

/**
 * A regular expression of PostgreSQL (`~`) for texts that have this one in them, in any case. Letters are compared one by
 * one (simple case folding): `ß` is also `ẞ`, but not `ss`.
 *
 * Every case is written out, because ILIKE and lower() fold by the locale of the database, which in C is ASCII alone and in
 * Turkish has other pairs, and a collation of ICU is not in every build.
 */
export function textPattern(text: string): string {
  return Array.from(text.normalize('NFC'), (character) => {
    const cases = CASES.get(caseKey(character)) ?? character;
    return cases === character ? character.replace(/[\\^$.*+?()[\]{}|]/, '\\$&') : `[${cases}]`;
  }).join('');
}
