import DataLoader from 'dataloader';
import type { Page } from '../postgres/page.js';

interface PageKey<Parent> extends Page {
  readonly parent: Parent;
}

export type PageLoader<Parent, Row> = DataLoader<PageKey<Parent>, readonly Row[], string>;

/** Pages of a list that many parents have, all of one size at once. @param read @param parentOf whose a row is */
export function pageLoader<Parent, Row>(
  read: (parents: readonly Parent[], page: Page) => Promise<readonly Row[]>,
  parentOf: (row: Row) => Parent,
  remember: boolean,
): PageLoader<Parent, Row> {
  const readAll = async (keys: readonly PageKey<Parent>[]): Promise<readonly Row[][]> => {
    const pages = new Map(keys.map(({ first, after }) => [JSON.stringify([first, after]), { first, after }]));
    const found = new Map<string, Row[]>(keys.map((key) => [textOf(key), []]));
    await Promise.all(
      [...pages.values()].map(async (page) => {
        const parents = keys.filter(({ first, after }) => first === page.first && after === page.after);
        const rows = await read(
          parents.map(({ parent }) => parent),
          page,
        );
        for (const row of rows) found.get(textOf({ parent: parentOf(row), ...page }))?.push(row);
      }),
    );
    return keys.map((key) => found.get(textOf(key)) ?? []);
  };
  return new DataLoader(readAll, { cache: remember, cacheKeyFn: textOf });
}

function textOf<Parent>({ parent, first, after }: PageKey<Parent>): string {
  return JSON.stringify([parent, first, after]);
}
