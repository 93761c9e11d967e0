import { decodeNumberCursor, encodeNumberCursor } from '../domain/number-cursor.js';
import type { Page } from '../postgres/page.js';
import { MAX_FIRST, badInput, checkFirst } from './bad-input.js';
import { instance } from './instance.js';
import { PageInfo } from './page-info.js';

/** The arguments of such a list. */
export const FIRST = { defaultValue: 50, description: `Size of the page, 1 to ${MAX_FIRST}.` };
export const AFTER = { nullable: true, description: 'The cursor of the last one before this page.' };

/** The page that is asked for. @param kind what its cursors are of @throws GraphQLError */
export function pageAfter(kind: string, first: number, cursor: string | null): Page {
  checkFirst(first);
  const after = cursor == null ? null : decodeNumberCursor(kind, cursor);
  if (after === undefined) throw badInput('after is not a cursor of this list');
  return { first, after };
}

/** A page of rows that were read with one row more. */
export function numberedPage<Row>(
  kind: string,
  rows: readonly Row[],
  first: number,
  numberOf: (row: Row) => number,
): { readonly nodes: readonly Row[]; readonly pageInfo: PageInfo } {
  const nodes = rows.slice(0, first);
  const last = nodes.at(-1);
  const endCursor = last === undefined ? null : encodeNumberCursor(kind, numberOf(last));
  return { nodes, pageInfo: instance(PageInfo, { hasNextPage: rows.length > first, endCursor }) };
}
