import type { ForbiddenError } from '../../features/records/forbidden.js';
import type { Origin } from '../../features/requests/request.js';
import type { Sql } from '../../platform/postgres/statement.js';

/**
 * Reads for one answer. A planned query that fails is executed again, for its errors: a statement that failed is not sent
 * again, so that what took too long does not take twice as long.
 */
export function failingOnce(reads: Sql): Sql {
  let failures: Map<string, unknown> | undefined;
  return {
    query: (statement, values) => {
      const known = failures?.get(keyOf(statement.name, values));
      if (known instanceof Error) return Promise.reject(known);
      const rows = reads.query(statement, values);
      rows.catch((error: unknown) => (failures ??= new Map()).set(keyOf(statement.name, values), error));
      return rows;
    },
  };
}

const keyOf = (name: string, values: readonly unknown[] = []) => `${name} ${JSON.stringify(values)}`;

type OnDenied = (origin: Origin, error: ForbiddenError) => void;

/** Tells of each permission that a request lacks once, however often it is asked about. */
export function deniedOnce(onDenied: OnDenied): OnDenied {
  let told: Set<string> | undefined;
  return (origin, error) => {
    told ??= new Set();
    const { size } = told;
    if (told.add(error.message).size > size) onDenied(origin, error);
  };
}
