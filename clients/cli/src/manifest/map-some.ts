/** Maps with at most so many at a time; the results are in the order of the items. */
export async function mapSome<Item, Result>(
  items: readonly Item[],
  atATime: number,
  map: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const rest = items.entries();
  await Promise.all(
    Array.from({ length: atATime }, async () => {
      for (const [index, item] of rest) results[index] = await map(item);
    }),
  );
  return results;
}
