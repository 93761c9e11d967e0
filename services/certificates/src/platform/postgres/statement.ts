import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** SQL that PostgreSQL prepares once per connection, under its name. */
export interface Statement<Row> {
  readonly name: string;
  readonly text: string;
  /** Carries the type of the rows; never set. */
  readonly row?: Row;
}

/** PostgreSQL keeps 63 bytes of a name and cuts off the rest. */
const MAX_LABEL = 30;

/** By label and text: a list makes its text for each request, from a few hundred combinations of filters and orders. */
const made = new LRUCache<string, Statement<unknown>>({ max: 1_000 });

/**
 * The name is made of the text: two texts never share one, however long their labels are.
 *
 * @param label ASCII; for whoever reads `pg_prepared_statements` or a log
 */
export function statement<Row>(label: string, text: string): Statement<Row> {
  const key = `${label} ${text}`;
  const known = made.get(key);
  if (known) return known as Statement<Row>;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 32);
  const fresh = { name: `${label.slice(0, MAX_LABEL)}_${hash}`, text };
  made.set(key, fresh);
  return fresh;
}

/** Where statements run: the pool, or one transaction. */
export interface Sql {
  query<Row>(statement: Statement<Row>, values?: readonly unknown[]): Promise<Row[]>;
}
