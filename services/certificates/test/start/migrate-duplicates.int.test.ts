import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import { migrations } from '@trustcast/migrations';
import { DataSource } from 'typeorm';
import { runMain } from '../support/service-process.js';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness();
const CURRENT_KEYS = 1_764_040_000_000;
const TOLD = 'agents had the same key as another one';
/** By name: which key, and when it registered. */
const AGENTS = {
  cloned: ['x1', '2026-01-01'],
  original: ['x1', '2026-02-01'],
  'cloned-again': ['x1', '2025-01-01'],
  alone: ['x2', '2026-01-01'],
  never: [null, null],
} as const;

/** A database of a release before, in which three agents have one key. */
beforeAll(async () => {
  const source = new DataSource({
    type: 'postgres',
    url: harness.databaseUrl,
    migrations: migrations.filter(({ name }) => Number(name.slice(-13)) < CURRENT_KEYS),
    migrationsTableName: 'migrations',
  });
  await source.initialize();
  await source.runMigrations();
  await source.destroy();
  for (const [name, [key, registeredAt]] of Object.entries(AGENTS))
    await harness.sql.query(
      `INSERT INTO agents (id, environment_id, name, token_sha256, public_key, registered_at)
       SELECT $1, id, $2, sha256($2::text::bytea), $3, $4 FROM environments`,
      [randomUUID(), name, key && JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: key }), registeredAt],
    );
});

test('agents that share a key leave it to the one that registered last; the others count, and each start names them', async () => {
  const migrated = await runMain(['migrate'], harness.environmentVariables);
  expect(migrated.code).toBe(0);
  const service = await harness.start();
  for (const output of [migrated.output, service.output()]) {
    const lines = output.split('\n').filter((line) => line.includes(TOLD));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({ agents: ['apimanager/cloned', 'apimanager/cloned-again'] });
  }
  const { agents } = await service.query<{ agents: { nodes: { name: string; state: string }[] } }>(
    '{ agents(environment: "apimanager") { nodes { name state } } }',
  );
  const { rows } = await harness.sql.query<{ name: string; key: string | null; counts: boolean }>(
    `SELECT name, public_key ->> 'x' AS key, joined_revision IS NOT NULL AS counts FROM agents ORDER BY name`,
  );
  expect(rows).toEqual([
    { name: 'alone', key: 'x2', counts: true },
    { name: 'cloned', key: null, counts: true },
    { name: 'cloned-again', key: null, counts: true },
    { name: 'never', key: null, counts: false },
    { name: 'original', key: 'x1', counts: true },
  ]);
  expect(agents.nodes).toEqual([
    { name: 'alone', state: 'UNREACHABLE' },
    { name: 'cloned', state: 'UNREACHABLE' },
    { name: 'cloned-again', state: 'UNREACHABLE' },
    { name: 'never', state: 'UNREGISTERED' },
    { name: 'original', state: 'UNREACHABLE' },
  ]);
  const audited = await harness.sql.query(`SELECT FROM audit WHERE action = 'releaseAgentKey'`);
  expect(audited.rowCount).toBe(2);
  await harness.sql.query(`DELETE FROM agents WHERE name LIKE 'cloned%'`);
  await service.stop();
  expect((await harness.start()).output()).not.toContain(TOLD);
});
