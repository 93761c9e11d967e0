import type { NatsConnection } from '@nats-io/transport-node';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type AgentStatus, type Position, agentPaths, signAgentStatus } from '@trustcast/schema';
import { until } from './harness.js';
import { makeCertificate } from './make-certificate.js';
import { createCertificate, createEnvironment, pasted } from './mutations.js';
import { TestAgent, jvm } from './test-agent.js';
import { useHarness, useService } from './use-harness.js';

const harness = useHarness();
const service = useService(harness);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
let nats: NatsConnection;
let environment: string;
let agent: TestAgent;
let deployment: { id: string; at: Position };
let serial = 0;

beforeAll(async () => {
  nats = await harness.connectNats();
});
beforeEach(async () => {
  environment = `late-${++serial}`;
  await createEnvironment(service, environment);
  agent = await TestAgent.enroll(service, environment, 'host-1');
  const start = { epoch: 1, revision: 0 };
  await stored(agent.status(start, { jvms: [jvm('a', start)], clockOffsetMs: null }));
  const made = await createCertificate(service, {
    name: environment,
    definitions: [pasted([environment], environment, makeCertificate().pem)],
  });
  const { epoch, revision } = made.deployment!.environments[0]!;
  deployment = { id: made.deployment!.id, at: { epoch, revision } };
});

const live = (more: Partial<AgentStatus>): AgentStatus =>
  agent.status(deployment.at, { jvms: [jvm('a', deployment.at)], ...more });

/** Publishes it and waits until it is stored. */
async function stored(status: AgentStatus): Promise<void> {
  await agent.send(nats, status);
  await until(
    async () => {
      const { rows } = await harness.sql.query<{ sequence: string }>(
        'SELECT sequence FROM agent_statuses WHERE agent_id = $1',
        [status.agent],
      );
      return Number(rows[0]?.sequence);
    },
    (sequence) => sequence === status.sequence,
  );
}

/** What the deployment and its host are when that has been told. */
async function told(status: AgentStatus) {
  await stored(status);
  return progress();
}

async function progress() {
  const answer = await service.query<{
    deployment: { environments: { state: string; targets: { nodes: { state: string; reason: string | null }[] } }[] };
  }>('query ($id: ID!) { deployment(id: $id) { environments { state targets { nodes { state reason } } } } }', {
    id: deployment.id,
  });
  const { state, targets } = answer.deployment.environments[0]!;
  return { state, host: targets.nodes[0]! };
}

const DELAYED = { state: 'UNREACHABLE', host: { state: 'UNREACHABLE', reason: expect.stringMatching(/^DELAYED: /) } };
const SKEWED = { state: 'UNREACHABLE', host: { state: 'UNREACHABLE', reason: expect.stringMatching(/^CLOCK_SKEW: /) } };

describe('a status that somebody holds back', () => {
  test('makes nobody LIVE an hour later, in order or not, and the host says that it is delayed', async () => {
    for (const ago of [HOUR, HOUR - 15_000, HOUR - 30_000])
      expect(await told(live({ sentAt: Date.now() - ago }))).toEqual(DELAYED);
  });

  test('makes nobody LIVE two minutes later over HTTP either', async () => {
    const compact = await signAgentStatus(live({ sentAt: Date.now() - 2 * MINUTE }), agent.key);
    const answer = await fetch(`${service.url}${agentPaths.status(environment)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${agent.token}` },
      body: JSON.stringify({ status: compact }),
    });
    expect(answer.status).toBe(200);
    expect(await progress()).toEqual(DELAYED);
  });

  test('uses up the minute that silence may last while it is held back', async () => {
    await told(live({ sentAt: Date.now() - 45_000 }));
    const { rows } = await harness.sql.query<{ age: number }>(
      'SELECT extract(epoch FROM clock_timestamp() - received_at)::float8 AS age FROM agent_statuses WHERE agent_id = $1',
      [agent.registration.agent],
    );
    expect(rows[0]!.age).toBeGreaterThan(25);
  });

  test('is held back as well where the clock of its host runs ahead by what it is late', async () => {
    expect(await told(live({ sentAt: Date.now(), clockOffsetMs: HOUR }))).toEqual(DELAYED);
  });

  test('harms a host no longer than that: the next one that comes in time makes it LIVE', async () => {
    expect((await told(live({ sentAt: Date.now() - HOUR }))).state).toBe('UNREACHABLE');
    expect((await told(live({}))).state).toBe('LIVE');
  });
});

describe('a status of a host whose clock is wrong', () => {
  test.each([
    ['an hour behind', -HOUR],
    ['an hour ahead', HOUR],
  ])('is in time by what the agent measured: %s', async (_, clockOffsetMs) => {
    expect((await told(live({ sentAt: Date.now() + clockOffsetMs, clockOffsetMs }))).state).toBe('LIVE');
  });

  test('is in time by what was measured before, where the agent has not measured since it started', async () => {
    await told(live({ sentAt: Date.now() - HOUR, clockOffsetMs: -HOUR }));
    for (let time = 0; time < 2; time++)
      expect((await told(live({ sentAt: Date.now() - HOUR, clockOffsetMs: null }))).state).toBe('LIVE');
  });

  test.each([
    ['behind', -HOUR],
    ['ahead', HOUR],
  ])('proves nothing where it was never measured, and the reason names the clock: %s', async (_, offset) => {
    expect(await told(live({ sentAt: Date.now() + offset, clockOffsetMs: null }))).toEqual(SKEWED);
  });

  test('is in time where it was never measured and is right', async () => {
    expect((await told(live({ clockOffsetMs: null }))).state).toBe('LIVE');
  });

  test('is told and not dropped where its time is beyond any calendar', async () => {
    expect(await told(live({ sentAt: 0, clockOffsetMs: null }))).toEqual(SKEWED);
    expect(await told(live({ sentAt: 0, clockOffsetMs: 8e15 }))).toEqual(DELAYED);
  });
});
