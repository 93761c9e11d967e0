import type { NatsConnection } from '@nats-io/transport-node';
import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Position } from '@trustcast/schema';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const START: Position = { epoch: 1, revision: 0 };
let nats: NatsConnection;
let environment: string;
let serial = 0;

beforeAll(async () => {
  nats = await harness.connectNats();
});
beforeEach(async () => {
  environment = `absence-${++serial}`;
  await createEnvironment(service, environment);
});

async function deploy(): Promise<{ id: string; at: Position }> {
  const name = `${environment}-${++serial}`;
  const definitions = [pasted([environment], name, makeCertificate().pem)];
  const { deployment } = await createCertificate(service, { name, definitions });
  const { epoch, revision } = deployment!.environments[0]!;
  return { id: deployment!.id, at: { epoch, revision } };
}

interface Counts {
  readonly state: string;
  readonly hosts: Readonly<Record<'total' | 'written' | 'failed' | 'unreachable' | 'setAside', number>>;
  readonly jvms: Readonly<Record<'total' | 'live', number>>;
  readonly targets: { readonly nodes: readonly { readonly state: string; readonly reason: string | null }[] };
}

async function progress(id: string): Promise<Counts> {
  const { deployment } = await service.query<{ deployment: { environments: Counts[] } }>(
    `query ($id: ID!) { deployment(id: $id) { environments { state hosts { total written failed unreachable setAside }
       jvms { total live } targets { nodes { state reason } } } } }`,
    { id },
  );
  return deployment.environments[0]!;
}

/** It said everything is at `at`. */
async function live(agent: TestAgent, at: Position, id: string): Promise<void> {
  await agent.send(nats, agent.status(at, { jvms: [jvm(id, at)] }));
  const stored = () =>
    harness.sql.query('SELECT FROM agent_statuses WHERE agent_id = $1 AND sequence = $2', [
      agent.registration.agent,
      agent.sequence,
    ]);
  await until(stored, ({ rowCount }) => rowCount === 1);
}

/** As if it had said its last word ten minutes ago. */
async function fallSilent(agent: TestAgent): Promise<void> {
  await harness.sql.query(`UPDATE agent_statuses SET received_at = now() - interval '10 minutes' WHERE agent_id = $1`, [
    agent.registration.agent,
  ]);
}

async function change(mutation: string, input: object): Promise<{ agent: object | null; userErrors: object[] }> {
  const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
  const { payload } = await service.query<{ payload: { agent: object | null; userErrors: object[] } }>(
    `mutation ($input: ${type}!) { payload: ${mutation}(input: $input) {
       agent { name setAside { reason by } } userErrors { code } } }`,
    { input },
  );
  return payload;
}

test('a host that registered and never reported counts in what is deployed after, and keeps it from LIVE', async () => {
  const [heard, never] = [
    await TestAgent.enroll(service, environment, 'heard'),
    await TestAgent.enroll(service, environment, 'never'),
  ];
  await live(heard, START, 'a');
  const { id, at } = await deploy();
  await live(heard, at, 'a');
  const seen = await until(
    () => progress(id),
    ({ hosts }) => hosts.written === 1,
  );
  expect(seen).toMatchObject({ state: 'UNREACHABLE', hosts: { total: 2, written: 1, unreachable: 1 } });
  expect(seen.targets.nodes).toContainEqual({ state: 'UNREACHABLE', reason: 'NEVER_REPORTED' });
  await live(never, at, 'b');
  await until(
    () => progress(id),
    ({ state }) => state === 'LIVE',
  );
});

test('a host that was silent when something was deployed counts and is named', async () => {
  const [heard, silent] = [
    await TestAgent.enroll(service, environment, 'heard'),
    await TestAgent.enroll(service, environment, 'silent'),
  ];
  await live(heard, START, 'a');
  await live(silent, START, 'b');
  const first = await deploy();
  for (const [agent, id] of [
    [heard, 'a'],
    [silent, 'b'],
  ] as const)
    await live(agent, first.at, id);
  await until(
    () => progress(first.id),
    ({ state }) => state === 'LIVE',
  );
  await fallSilent(silent);
  expect((await progress(first.id)).state).toBe('UNREACHABLE');
  const { id, at } = await deploy();
  await live(heard, at, 'a');
  const seen = await until(
    () => progress(id),
    ({ hosts }) => hosts.written === 1,
  );
  expect(seen).toMatchObject({
    state: 'UNREACHABLE',
    hosts: { total: 2, unreachable: 1 },
    jvms: { total: 2, live: 1 },
  });
  expect(seen.targets.nodes).toContainEqual({ state: 'UNREACHABLE', reason: 'SILENT' });
});

test('a host that is set aside counts nowhere, with a reason in the audit, until it is returned', async () => {
  const [heard, rebuilt] = [
    await TestAgent.enroll(service, environment, 'heard'),
    await TestAgent.enroll(service, environment, 'rebuilt'),
  ];
  await live(heard, START, 'a');
  const { id, at } = await deploy();
  await live(heard, at, 'a');
  const agent = rebuilt.registration.agent;
  expect(await change('setAgentAside', { id: agent, reason: 'is rebuilt' })).toMatchObject({
    agent: { name: 'rebuilt', setAside: { reason: 'is rebuilt' } },
    userErrors: [],
  });
  const without = await until(
    () => progress(id),
    ({ state }) => state === 'LIVE',
  );
  expect(without.hosts).toMatchObject({ total: 1, setAside: 1 });
  expect(await change('returnAgent', { id: agent })).toMatchObject({ agent: { setAside: null }, userErrors: [] });
  expect(await progress(id)).toMatchObject({ state: 'UNREACHABLE', hosts: { total: 2, setAside: 0 } });
  const { rows } = await harness.sql.query<{ action: string }>(
    `SELECT action FROM audit WHERE action IN ('setAgentAside', 'returnAgent') ORDER BY id`,
  );
  expect(rows.map(({ action }) => action)).toEqual(['setAgentAside', 'returnAgent']);
  for (const [mutation, input] of [
    ['setAgentAside', { id: heard.registration.installation, reason: 'x' }],
    ['returnAgent', { id: 'none' }],
  ] as const)
    expect(await change(mutation, input)).toEqual({ agent: null, userErrors: [{ code: 'AGENT_NOT_FOUND' }] });
});
