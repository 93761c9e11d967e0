import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Database, openDatabase } from '../../src/platform/postgres/database.js';
import { statement } from '../../src/platform/postgres/statement.js';
import { until } from '../support/harness.js';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness();
let database: Database;

beforeAll(async () => {
  database = await openDatabase(harness.databaseUrl);
  await harness.sql.query('CREATE TABLE pair (id integer PRIMARY KEY); INSERT INTO pair VALUES (1), (2)');
});
afterAll(() => database.close());

test('a statement of its own that met a deadlock is run again', async () => {
  const other = await harness.sql.connect();
  // The other one never looks for a deadlock: the statement is the one that PostgreSQL ends.
  await other.query("SET deadlock_timeout = '60s'; BEGIN; SELECT FROM pair WHERE id = 2 FOR UPDATE");
  const both = database.query(statement<{ id: number }>('pair', 'SELECT id FROM pair ORDER BY id FOR UPDATE'));
  await until(
    async () => (await harness.sql.query('SELECT FROM pg_locks WHERE NOT granted')).rowCount,
    (waiting) => waiting === 1,
  );
  await other.query('SELECT FROM pair WHERE id = 1 FOR UPDATE; COMMIT');
  other.release();
  expect(await both).toEqual([{ id: 1 }, { id: 2 }]);
});
