import { randomUUID } from 'node:crypto';
import { beforeEach, expect, test } from '@jest/globals';
import { until } from '../support/harness.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';
import { DeploymentStage, START } from './deployment-stage.js';

const harness = useHarness();
const service = useService(harness);
const stage = DeploymentStage.use(harness, service);
const { deploy, progress } = stage;
let { nats, environment, environmentId } = stage;
beforeEach(() => void ({ nats, environment, environmentId } = stage));

/** Agents with one status each, as if they had sent it. */
async function seedFleet(hosts: number): Promise<void> {
  await harness.sql.query(
    `WITH made AS (
       INSERT INTO agents (environment_id, name, token_sha256, registered_at, joined_revision)
       SELECT $1::uuid, 'seed-' || n, sha256(($1::uuid::text || n)::bytea), now(), CASE WHEN n % 5 > 0 THEN n % 4 END
       FROM generate_series(1, $2::integer) n RETURNING id, name
     ), stated AS (
       INSERT INTO agent_statuses (agent_id, environment_id, started_at, sequence, received_at, hostname, agent_version,
         state, written_epoch, written_revision, managed, base, refused, jvms, diverged)
       SELECT id, $1::uuid, 1, 1, now() - CASE WHEN h % 7 = 0 THEN interval '10 minutes' ELSE interval '0' END, name, '0.1.0',
         (ARRAY['WRITTEN', 'RECEIVED', 'FAILED', 'STALE', 'WRITTEN'])[1 + h % 5],
         CASE WHEN h % 3 > 0 THEN 1 END, CASE WHEN h % 3 > 0 THEN h % 6 END, 1, 1, '{}',
         (SELECT jsonb_agg(jsonb_build_object('id', lpad(to_hex(j + h * 8), 32, '0'), 'pid', 1, 'startedAt', 0,
            'jdkVersion', null, 'mainClass', null, 'via', null, 'reason', null, 'alsoInBase', '[]'::jsonb,
            'state', (ARRAY['LIVE', 'LIVE', 'FAILED', 'UNSUPPORTED', 'UNMANAGED', 'LOADED'])[1 + (h + j) % 6],
            'at', CASE WHEN (h + j) % 4 > 0 THEN jsonb_build_object('epoch', 1, 'revision', (h + j) % 6) END))
          FROM generate_series(1, h % 4) j),
         h % 11 = 0
       FROM (SELECT id, name, substr(name, 6)::integer AS h FROM made) m WHERE h % 4 > 0 AND h % 13 > 0
       RETURNING agent_id, jvms
     )
     INSERT INTO target_jvms (agent_id, jvm_id, joined_revision)
     SELECT agent_id, (j ->> 'id')::uuid, (j ->> 'pid')::integer + length(j ->> 'state') % 4
     FROM stated CROSS JOIN LATERAL jsonb_array_elements(jvms) j WHERE j ->> 'state' NOT IN ('UNMANAGED', 'LOADED')`,
    [environmentId, hosts],
  );
}

test('a revision is as large with a thousand hosts as with none', async () => {
  const size = async (id: string) => {
    const { rows } = await harness.sql.query<{ bytes: number }>(
      'SELECT pg_column_size(r.*) AS bytes FROM revisions r WHERE deployment_id = $1',
      [id],
    );
    return rows[0]!.bytes;
  };
  const before = await size((await deploy()).id);
  await seedFleet(1_000);
  const after = await size((await deploy()).id);
  expect(Math.abs(after - before)).toBeLessThan(64);
});

test('the counts of every deployment to a mixed fleet are those of its targets one by one', async () => {
  await seedFleet(400);
  for (let change = 0; change < 5; change++) {
    const { hosts, jvms, targets } = await progress((await deploy()).id);
    const members = targets.filter(({ joined }) => !joined);
    const all = targets.flatMap((target) => target.jvms);
    const own = all.filter(({ joined }) => !joined);
    expect(hosts).toEqual({
      total: members.length,
      written: members.filter((target) => target.state === 'WRITTEN').length,
      failed: members.filter((target) => target.state === 'FAILED').length,
    });
    expect(jvms).toEqual({
      total: own.length,
      live: own.filter(({ live }) => live).length,
      failed: own.filter((item) => item.state === 'FAILED').length,
      unsupported: own.filter((item) => item.state === 'UNSUPPORTED').length,
      joined: all.length - own.length,
    });
    // The later a deployment, the more have joined before it.
    if (change === 4) expect([members.length > 100, own.length > 100]).toEqual([true, true]);
  }
});

test('a JVM that its host lost sight of counts again when it is back', async () => {
  const agent = await TestAgent.enroll(service, environment, 'host-1');
  await agent.send(nats, agent.status(START, { jvms: [jvm('a', START), jvm('b', START)] }));
  const members = () => harness.sql.query('SELECT FROM target_jvms WHERE agent_id = $1', [agent.registration.agent]);
  await until(members, ({ rowCount }) => rowCount === 2);
  const { id, at } = await deploy();
  await agent.send(nats, agent.status(at, { jvms: [jvm('a', at)] }));
  await until(
    () => progress(id),
    ({ jvms }) => jvms.total === 1,
  );
  await agent.send(nats, agent.status(at, { jvms: [jvm('a', at), jvm('b', START)] }));
  expect(
    await until(
      () => progress(id),
      ({ jvms }) => jvms.total === 2,
    ),
  ).toMatchObject({ state: 'WRITTEN', jvms: { total: 2, live: 1, joined: 0 } });
});

test('a host that was silent when a deployment was made is one of its targets', async () => {
  const agent = await TestAgent.enroll(service, environment, 'host-1');
  await agent.send(nats, agent.status(START));
  const silence = () =>
    harness.sql.query(`UPDATE agent_statuses SET received_at = now() - interval '1 hour' WHERE agent_id = $1`, [
      agent.registration.agent,
    ]);
  await until(silence, ({ rowCount }) => rowCount === 1);
  const { id } = await deploy();
  expect(await progress(id)).toMatchObject({ state: 'UNREACHABLE', hosts: { total: 1 }, targets: [{ joined: false }] });
});

test('a member of no environment is a target of no deployment', async () => {
  await seedFleet(4);
  await harness.sql.query('UPDATE agents SET joined_revision = NULL WHERE environment_id = $1', [environmentId]);
  expect((await progress((await deploy()).id)).state).toBe('NO_TARGETS');
  expect(await progress(randomUUID()).catch(() => null)).toBeNull();
});
