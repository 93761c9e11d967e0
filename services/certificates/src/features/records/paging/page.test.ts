import fc from 'fast-check';
import { expect, test } from '@jest/globals';
import { type Page, pageRows } from './page.js';

/** What PostgreSQL answers for a list of the numbers from 1 to `length`. */
function read(length: number, { size, after, before, backward }: Page<number>): number[] {
  const all = Array.from({ length }, (_, index) => index + 1);
  const left = all.filter((row) => row > (after ?? 0) && row < (before ?? length + 1));
  return (backward ? left.reverse() : left).slice(0, size + 1);
}

test.each([false, true])(
  'pages join to the whole list, and say when there is no further one (backward: %s)',
  (backward) => {
    fc.assert(
      fc.property(fc.nat({ max: 20 }), fc.integer({ min: 1, max: 7 }), (length, size) => {
        const found: number[] = [];
        let cursor: number | null = null;
        for (let pages = 0; pages <= length; pages++) {
          const page: Page<number> = {
            size,
            backward,
            after: backward ? null : cursor,
            before: backward ? cursor : null,
          };
          const { rows, hasNextPage, hasPreviousPage } = pageRows(read(length, page), page);
          expect(rows).toEqual([...rows].sort((a, b) => a - b));
          expect(backward ? hasNextPage : hasPreviousPage).toBe(cursor !== null);
          found.push(...rows);
          if (!(backward ? hasPreviousPage : hasNextPage)) break;
          cursor = (backward ? rows[0] : rows.at(-1)) ?? null;
        }
        expect(found.sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, index) => index + 1));
      }),
    );
  },
);
