/**
 * Orders by rank, lowest first, and within a rank takes turns: the first item of each user, then the second of each. So no
 * user's many push out another's few.
 */
export function fairOrder<T>(items: readonly T[], rankOf: (item: T) => number, userOf: (item: T) => number): T[] {
  const turns = new Map<string, number>();
  const placed = items.map((item) => {
    const rank = rankOf(item);
    const key = `${rank} ${userOf(item)}`;
    const turn = turns.get(key) ?? 0;
    turns.set(key, turn + 1);
    return { item, rank, turn };
  });
  return placed.sort((one, other) => one.rank - other.rank || one.turn - other.turn).map(({ item }) => item);
}
