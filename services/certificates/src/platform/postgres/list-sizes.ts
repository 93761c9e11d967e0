import { type Sql, statement } from './statement.js';

const READ = statement<ListSizesRecord>(
  'list_sizes',
  `SELECT (SELECT count(*) FROM environments) AS environments, coalesce((
     SELECT ceil(count(*)::numeric / count(DISTINCT agent_id))::integer FROM target_jvms WHERE left_at IS NULL
     HAVING count(*) > 0), 0) AS jvms`,
);
const MAX_AGE_MS = 5_000;

export interface ListSizesRecord {
  readonly environments: number;
  /** Average number of selected JVMs of a host. */
  readonly jvms: number;
}

/** Caches the lengths of the longest lists; a failed read leaves the last lengths. */
export function listSizes(sql: Sql): () => Promise<ListSizesRecord> {
  let known: ListSizesRecord = { environments: 1, jvms: 1 };
  let askedAt = -Infinity;
  let asking: Promise<void> | undefined;
  const ask = async () => {
    const [row] = await sql.query(READ);
    if (row) known = row;
    askedAt = performance.now();
  };
  return async () => {
    if (performance.now() - askedAt < MAX_AGE_MS) return known;
    asking ??= ask()
      .catch(() => undefined)
      .finally(() => (asking = undefined));
    // Only the first caller waits for the lengths.
    if (askedAt === -Infinity) await asking;
    return known;
  };
}
