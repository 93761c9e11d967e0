import type { ReactNode } from 'react';
import type { Query } from '../api/use-query.js';
import { useStrings } from '../strings/strings.js';
import { FailureNotice } from './failure-notice.js';

interface ListBodyProps {
  readonly query: Query<unknown>;
  /** Null while the first answer is awaited. */
  readonly count: number | null;
  readonly empty: string;
  readonly emptyLead: string;
  readonly heads: readonly string[];
  readonly children: ReactNode;
}

/** A table, or what is to be said in its place. */
export function ListBody({ query, count, empty, emptyLead, heads, children }: ListBodyProps) {
  const { shell } = useStrings();
  if (query.failure) return <FailureNotice failure={query.failure} again={query.again} />;
  if (count === null) return <p className="loading">{shell.loading}</p>;
  if (count === 0)
    return (
      <div className="empty">
        <h2>{empty}</h2>
        <p>{emptyLead}</p>
      </div>
    );
  return (
    <div className="table" aria-busy={query.loading}>
      <table className="list">
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        {children}
      </table>
    </div>
  );
}
