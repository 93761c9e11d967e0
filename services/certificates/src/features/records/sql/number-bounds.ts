import type { Page } from '../paging/page.js';

/** Bounds and direction of a page of a list that is sorted by number. */
export interface NumberBounds {
  /** Lower bound, upper bound, both excluded, and how many rows to read. */
  readonly values: readonly [number, number, number];
  readonly direction: 'ASC' | 'DESC';
}

/** Computes the bounds of a page. @param descending whether the list begins with the highest number */
export function numberBounds(
  { size, after, before, backward }: Page<number>,
  { descending }: { readonly descending: boolean },
): NumberBounds {
  const [lower, upper] = descending ? [before, after] : [after, before];
  return {
    values: [lower ?? -1, upper ?? Number.MAX_SAFE_INTEGER, size + 1],
    direction: descending === backward ? 'ASC' : 'DESC',
  };
}
