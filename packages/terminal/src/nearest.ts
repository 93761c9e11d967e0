/** The name that somebody probably meant: it begins so, or differs by few letters; undefined: none does. */
export function nearest(given: string, names: readonly string[]): string | undefined {
  const far = Math.max(1, Math.floor(given.length / 3));
  const near = names
    .map((name) => ({ name, distance: given !== '' && name.startsWith(given) ? 0 : distance(given, name) }))
    .filter((each) => each.distance <= far)
    .sort((a, b) => a.distance - b.distance);
  return near[0]?.name;
}

/** Letters that are inserted, deleted, exchanged or swapped from one word to the other (optimal string alignment). */
function distance(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let index = 0; index < one.length; index++) {
    const letter = one.charAt(index);
    const next = [index + 1];
    for (let at = 1; at <= other.length; at++) {
      const changed = (row[at - 1] ?? 0) + (letter === other.charAt(at - 1) ? 0 : 1);
      const isSwapped = letter === other.charAt(at - 2) && one.charAt(index - 1) === other.charAt(at - 1);
      const swapped = index > 0 && at > 1 && isSwapped ? (before[at - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min((next[at - 1] ?? 0) + 1, (row[at] ?? 0) + 1, changed, swapped));
    }
    [before, row] = [row, next];
  }
  return row[other.length] ?? 0;
}
