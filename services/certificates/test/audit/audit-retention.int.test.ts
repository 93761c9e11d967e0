import { expect, test } from '@jest/globals';
import { removeAudit } from '../../src/features/audit/remove-audit.js';
import { openDatabase } from '../../src/platform/postgres/database.js';
import { auditOrigin } from '../../src/platform/postgres/installation.js';
import { until } from '../support/harness.js';
import { createEnvironment } from '../support/mutations.js';
import { runMain } from '../support/service-process.js';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness();

const verify = (...args: string[]) => runMain(['verify-audit', ...args], harness.environmentVariables);
const sealed = () =>
  until(
    () => harness.sql.query('SELECT FROM audit_unsealed'),
    ({ rows }) => rows.length === 0,
  );
/** The audit refuses to be changed otherwise. */
const tamper = (change: string) =>
  harness.sql.query(`BEGIN; SET LOCAL session_replication_role = replica; ${change}; COMMIT`);

async function recorded(): Promise<string[]> {
  const { rows } = await harness.sql.query<{ name: string }>(
    `SELECT coalesce(after ->> 'name', action) AS name FROM audit WHERE action = 'createEnvironment' ORDER BY id`,
  );
  return rows.map(({ name }) => name);
}

test('old records are removed from the beginning of the chain, up to the first that does not hold; the rest is verified', async () => {
  const first = await harness.start();
  for (const name of ['one', 'two', 'three', 'four']) await createEnvironment(first, name);
  await sealed();
  const [noted] = (await verify()).output.trim().split('\n').slice(-1);
  await first.stop();
  // Records that are made older are sealed again.
  await tamper(`DELETE FROM audit_seals; INSERT INTO audit_unsealed SELECT id FROM audit;
    UPDATE audit SET at = now() - interval '9 days' WHERE action <> 'createEnvironment' OR after ->> 'name' IN ('one', 'two')`);

  const second = await harness.start({ TRUSTCAST_KEEP_AUDIT_DAYS: '8' });
  await sealed();
  const database = await openDatabase(harness.databaseUrl);
  harness.onStop(() => database.close());
  const origin = await auditOrigin(database);
  const remove = (days: number) => removeAudit(database, { origin, days }, () => undefined);
  await remove(8);
  expect(await recorded()).toEqual(['three', 'four']);
  const held = await verify();
  expect(held.output).toMatch(/^the audit holds: \d+ records sealed, 0 waiting, \d+ removed\n/);
  expect(held.code).toBe(0);

  const head = held.output.trim().split('\n').at(-1)!;
  await createEnvironment(second, 'five');
  await sealed();
  expect(await verify(head)).toMatchObject({ code: 0 });
  const early = await verify(`1:${noted!.split(':')[1]}`);
  expect(early).toMatchObject({ code: 1, output: expect.stringContaining('cannot be checked: records up to') });
  await expect(harness.sql.query('DELETE FROM audit')).rejects.toThrow('append-only');
  await expect(harness.sql.query('DELETE FROM audit_seals')).rejects.toThrow('append-only');

  const { rows } = await harness.sql.query<{ id: string }>(`SELECT id FROM audit WHERE after ->> 'name' = 'three'`);
  await tamper(`UPDATE audit SET actor = 'me' WHERE id = ${rows[0]!.id}`);
  const broken = `record ${rows[0]!.id} was changed\n`;
  await remove(0);
  expect(await recorded()).toEqual(['three', 'four', 'five']);
  expect(await verify()).toMatchObject({ code: 1, output: expect.stringContaining(broken) });
});
