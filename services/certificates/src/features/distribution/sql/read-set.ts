import type { Position, SetEntry } from '@trustcast/schema';
import type { Database } from '../../../platform/postgres/database.js';
import { type Statement, statement } from '../../../platform/postgres/statement.js';

/** All lines of an environment at one revision. */
export interface WholeSet<Line> extends Position {
  readonly head: string | null;
  readonly entries: readonly Line[];
}

type Head = Omit<WholeSet<unknown>, 'entries'>;

const HEAD = statement<Head>('set_head', 'SELECT epoch, revision, head FROM environments WHERE id = $1');
const LINES = statement<{ alias: string; fingerprint: string }>(
  'set_lines',
  'SELECT alias, fingerprint FROM definition_environments WHERE environment_id = $1',
);
const ENTRIES = statement<SetEntry>(
  'set_entries',
  `SELECT p.alias, p.fingerprint, x.der
   FROM definition_environments p JOIN x509_certificates x ON x.fingerprint = p.fingerprint
   WHERE p.environment_id = $1 ORDER BY p.alias_key`,
);

/** The set without its certificates' bytes; null: no such environment. */
export function readSetLines(database: Database, environmentId: string) {
  return readSnapshot(database, environmentId, LINES);
}

/** The set with its certificates' bytes; null: no such environment. */
export function readSetEntries(database: Database, environmentId: string) {
  return readSnapshot(database, environmentId, ENTRIES);
}

function readSnapshot<Line>(
  database: Database,
  environmentId: string,
  lines: Statement<Line>,
): Promise<WholeSet<Line> | null> {
  return database.transaction(async (snapshot) => {
    const [head] = await snapshot.query(HEAD, [environmentId]);
    if (!head) return null;
    return { ...head, entries: await snapshot.query(lines, [environmentId]) };
  }, 'REPEATABLE READ');
}
