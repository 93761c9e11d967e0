import DataLoader from 'dataloader';
import type { Page } from '../../../features/records/paging/page.js';

interface PageKey<Parent> extends Page<number> {
  readonly parent: Parent;
}

export type PageLoader<Parent, Row> = DataLoader<PageKey<Parent>, readonly Row[], string>;

/** Pages of a list that many parents have, all of one size at once. @param read @param parentOf whose a row is */
export function pageLoader<Parent, Row>(
  read: (parents: readonly Parent[], page: Page<number>) => Promise<readonly Row[]>,
  parentOf: (row: Row) => Parent,
  remember: boolean,
): PageLoader<Parent, Row> {
  const readAll = async (keys: readonly PageKey<Parent>[]): Promise<readonly Row[][]> => {
    const pages = new Map(keys.map((key) => [pageText(key), key]));
    const found = new Map<string, Row[]>(keys.map((key) => [textOf(key), []]));
    await Promise.all(
      [...pages].map(async ([text, page]) => {
        const parents = keys.filter((key) => pageText(key) === text);
        const rows = await read(
          parents.map(({ parent }) => parent),
          page,
        );
        for (const row of rows) found.get(textOf({ ...page, parent: parentOf(row) }))?.push(row);
      }),
    );
    return keys.map((key) => found.get(textOf(key)) ?? []);
  };
  return new DataLoader(readAll, { cache: remember, cacheKeyFn: textOf });
}

function textOf<Parent>({ parent, ...page }: PageKey<Parent>): string {
  return `${JSON.stringify(parent)} ${pageText(page)}`;
}

function pageText({ size, after, before, backward }: Page<number>): string {
  return JSON.stringify([size, after, before, backward]);
}
