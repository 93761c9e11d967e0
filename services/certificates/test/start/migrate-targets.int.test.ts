import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import { migrations } from '@trustcast/migrations';
import { DataSource } from 'typeorm';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness();
const [AGENT, LATER, SILENT] = [randomUUID(), randomUUID(), randomUUID()];
const [JVM, NEWER] = [randomUUID(), randomUUID()];
const DEPLOYMENTS = [randomUUID(), randomUUID(), randomUUID()] as const;

/** A database of the release before, with three deployments: to nobody, to one host, and to two. */
beforeAll(async () => {
  const before = migrations.filter(({ name }) => Number(name.slice(-13)) < 1_764_030_000_000);
  const source = new DataSource({
    type: 'postgres',
    url: harness.databaseUrl,
    migrations: before,
    migrationsTableName: 'migrations',
  });
  await source.initialize();
  await source.runMigrations();
  await source.destroy();
  const { rows } = await harness.sql.query<{ id: string }>(
    `UPDATE environments SET revision = 3, head = $1 RETURNING id`,
    [DEPLOYMENTS[2]],
  );
  const environment = rows[0]!.id;
  const agents = [
    [AGENT, 'agent', [JVM, NEWER]],
    [LATER, 'later', []],
    [SILENT, 'silent', null],
  ] as const;
  for (const [id, name, jvms] of agents) {
    await harness.sql.query(
      `INSERT INTO agents (id, environment_id, name, token_sha256) VALUES ($1, $2, $3, sha256($3::text::bytea))`,
      [id, environment, name],
    );
    if (jvms)
      await harness.sql.query(
        `INSERT INTO agent_statuses (agent_id, environment_id, started_at, sequence, received_at, hostname,
           agent_version, state, written_epoch, written_revision, managed, base, refused, jvms, diverged)
         VALUES ($1, $2, 1, 1, now(), $3, '0.1.0', 'WRITTEN', 1, 3, 0, 0, '{}', $4, false)`,
        [
          id,
          environment,
          name,
          JSON.stringify(
            jvms.map((jvm) => ({
              id: jvm.replaceAll('-', ''),
              pid: 1,
              startedAt: 0,
              jdkVersion: null,
              mainClass: null,
              via: null,
              state: 'LIVE',
              reason: null,
              at: { epoch: 1, revision: 3 },
              alsoInBase: [],
            })),
          ),
        ],
      );
  }
  for (const [index, targets] of [[], [AGENT], [AGENT, LATER]].entries())
    await harness.sql.query(
      `INSERT INTO revisions (environment_id, revision, epoch, deployment_id, upserts, removals, target_agents, target_jvms)
       VALUES ($1, $2, 1, $3, '[]', '[]', $4, $5)`,
      [environment, index + 1, DEPLOYMENTS[index], targets, index === 2 ? [JVM] : []],
    );
});

test('the targets of deployments that were made before survive the migration', async () => {
  const service = await harness.start();
  const counts = [];
  for (const id of DEPLOYMENTS) {
    const { deployment } = await service.query<{
      deployment: { environments: { hosts: { total: number }; jvms: { total: number; joined: number } }[] };
    }>('query ($id: ID!) { deployment(id: $id) { environments { hosts { total } jvms { total joined } } } }', { id });
    counts.push(deployment.environments[0]);
  }
  expect(counts).toEqual([
    { hosts: { total: 0 }, jvms: { total: 0, joined: 2 } },
    { hosts: { total: 1 }, jvms: { total: 0, joined: 2 } },
    { hosts: { total: 2 }, jvms: { total: 1, joined: 1 } },
  ]);
  const { rows } = await harness.sql.query<{ n: number }>(
    'SELECT sum(cardinality(target_agents) + cardinality(target_jvms))::integer AS n FROM revisions',
  );
  expect(rows).toEqual([{ n: 0 }]);
});
