import type { ReactNode } from 'react';
import { addressOf, Link, useRouter } from '../shell/router.js';
import { useStrings } from '../strings/strings.js';

const PAGE = 25;

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

export type Filters = Readonly<Record<string, string>>;

/** The page of a list that the address names. */
export function pageOf(query: URLSearchParams) {
  const before = query.get('before');
  return before === null ? { first: PAGE, after: query.get('after') } : { last: PAGE, before };
}

/** The filters of a list, which stand in the address. */
export function useFilters<Names extends string>(path: string, names: readonly Names[]) {
  const { query, go } = useRouter();
  const read = (from: URLSearchParams) =>
    Object.fromEntries(names.map((name) => [name, from.get(name) ?? ''])) as Record<Names, string>;
  return {
    filters: read(query),
    // By the address as it is then: what is typed comes later than what is chosen.
    filter: (changed: Partial<Record<Names, string>>) =>
      go(addressOf(path, { ...read(new URLSearchParams(location.search)), ...changed }), 'replace'),
  };
}

interface PagingProps {
  readonly path: string;
  readonly filters: Filters;
  readonly pageInfo: PageInfo;
  readonly total?: string;
}

export function Paging({ path, filters, pageInfo, total }: PagingProps) {
  const { list } = useStrings();
  const { hasNextPage, hasPreviousPage, startCursor, endCursor } = pageInfo;
  return (
    <div className="paging">
      <span className="soft" role="status">
        {total}
      </span>
      <div className="row">
        <Turn to={addressOf(path, { ...filters, before: startCursor ?? '' })} off={!hasPreviousPage}>
          {list.previous}
        </Turn>
        <Turn to={addressOf(path, { ...filters, after: endCursor ?? '' })} off={!hasNextPage}>
          {list.next}
        </Turn>
      </div>
    </div>
  );
}

function Turn({ to, off, children }: { readonly to: string; readonly off: boolean; readonly children: ReactNode }) {
  if (off)
    return (
      <button type="button" className="button" disabled>
        {children}
      </button>
    );
  return (
    <Link className="button" to={to}>
      {children}
    </Link>
  );
}
