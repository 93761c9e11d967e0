import { type Sql, type Statement, statement } from './statement.js';

/** A statement whose parameters have names. */
export interface NamedStatement<Row, Values extends object> extends Statement<Row> {
  /** Names of `$1`, `$2` and so on. */
  readonly parameters: readonly string[];
  /** Carries the type of the values; never set. */
  readonly values?: Values;
}

const PARAMETER = /\$([a-z]\w*)/gi;

/**
 * Numbers the parameters of a statement, `$name` in its text, by where they first occur.
 *
 * @param label as for {@link statement}
 */
export function namedStatement<Row, Values extends object>(label: string, text: string): NamedStatement<Row, Values> {
  const parameters = [...new Set([...text.matchAll(PARAMETER)].map(([, name = '']) => name))];
  const numbered = text.replace(PARAMETER, (_all, name: string) => `$${parameters.indexOf(name) + 1}`);
  return { ...statement<Row>(label, numbered), parameters };
}

/** Runs a statement with values by name. @throws Error when one is missing */
export function queryNamed<Row, Values extends object>(
  sql: Sql,
  named: NamedStatement<Row, Values>,
  values: Values,
): Promise<Row[]> {
  const given = new Map(Object.entries(values));
  const ordered = named.parameters.map((name) => {
    if (!given.has(name)) throw new Error(`parameter ${name} of ${named.name} has no value`);
    return given.get(name) as unknown;
  });
  return sql.query(named, ordered);
}
