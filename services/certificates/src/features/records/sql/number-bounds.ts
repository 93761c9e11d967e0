import type { Page } from '../page.js';

/** Where a page of a list begins and ends that is in the order of numbers, and how it is read. */
export interface NumberBounds {
  /** Lower bound, upper bound, both excluded, and how many rows to read. */
  readonly values: readonly [number, number, number];
  readonly direction: 'ASC' | 'DESC';
}

/** @param descending whether the list has the highest number first */
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
