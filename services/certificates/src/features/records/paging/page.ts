/** A part of a list that has an order, from an end of it or from a cursor. */
export interface Page<Cursor> {
  readonly size: number;
  /** The part comes after this; null: from the start. */
  readonly after: Cursor | null;
  /** The part comes before this; null: up to the end. */
  readonly before: Cursor | null;
  /** Whether the part is the end of what is left, and not its start. */
  readonly backward: boolean;
}

/** The rows of a page, in the order of the list. */
export interface PageRows<Row> {
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** Takes from a list in memory what a database would read for a page of it. @param keyOf what it is sorted by, and its cursor */
export function rowsFromList<Row>(
  list: readonly Row[],
  { size, after, before, backward }: Page<string>,
  keyOf: (row: Row) => string,
): Row[] {
  const own = list
    .map((row) => ({ row, key: keyOf(row) }))
    .filter(({ key }) => (after === null || key > after) && (before === null || key < before))
    .sort((one, other) => (one.key < other.key ? -1 : 1));
  const from = backward ? own.reverse() : own;
  return from.slice(0, size + 1).map(({ row }) => row);
}

/** @param rows as they were read: from the end that the page begins at, with one row more where there is one */
export function pageRows<Row>(rows: readonly Row[], { size, after, before, backward }: Page<unknown>): PageRows<Row> {
  const more = rows.length > size;
  const own = rows.slice(0, size);
  return backward
    ? { rows: own.reverse(), hasNextPage: before !== null, hasPreviousPage: more }
    : { rows: own, hasNextPage: more, hasPreviousPage: after !== null };
}
