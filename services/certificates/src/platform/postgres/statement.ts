import { createHash } from 'node:crypto';

/** SQL that PostgreSQL prepares once per connection, under its name. */
export interface Statement<Row> {
  readonly name: string;
  readonly text: string;
  /** Carries the type of the rows; never set. */
  readonly row?: Row;
}

/** PostgreSQL keeps 63 bytes of a name and cuts off the rest. */
const MAX_LABEL = 30;

/**
 * The name is made of the text: two texts never share one, however long their labels are.
 *
 * @param label ASCII; for whoever reads `pg_prepared_statements` or a log
 */
export function statement<Row>(label: string, text: string): Statement<Row> {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 32);
  return { name: `${label.slice(0, MAX_LABEL)}_${hash}`, text };
}

/** Where statements run: the pool, or one transaction. */
export interface Sql {
  query<Row>(statement: Statement<Row>, values?: readonly unknown[]): Promise<Row[]>;
}
