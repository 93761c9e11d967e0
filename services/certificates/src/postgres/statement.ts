/** SQL that PostgreSQL prepares once per connection, under its name. */
export interface Statement<Row> {
  readonly name: string;
  readonly text: string;
  /** Carries the type of the rows; never set. */
  readonly row?: Row;
}

export function statement<Row>(name: string, text: string): Statement<Row> {
  return { name, text };
}

/** Where statements run: the pool, or one transaction. */
export interface Sql {
  query<Row>(statement: Statement<Row>, values?: readonly unknown[]): Promise<Row[]>;
}
