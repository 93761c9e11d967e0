import { beforeEach, describe, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { agentPaths, signAgentStatus, signingKeyOf } from '@trustcast/schema';
import { DeploymentStage, START } from '../deployments/deployment-stage.js';
import { DeployedHost } from '../support/deployed-host.js';
import { until } from '../support/harness.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const host = DeployedHost.use(harness, service, 'late', () => ({ clockOffsetMs: null }));
const { live, told, progress } = host;
let { environment, agent } = host;
beforeEach(() => void ({ environment, agent } = host));

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

async function oldStatuses(): Promise<number> {
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  return Number(/trustcast_agent_statuses_total\{outcome="old",transport="nats"\} (\d+)/.exec(metrics)?.[1] ?? 0);
}

describe('a status', () => {
  const stage = DeploymentStage.use(harness, service);
  const { deploy, hostState } = stage;
  let { nats, environment } = stage;
  let agent: TestAgent;
  beforeEach(async () => {
    ({ nats, environment } = stage);
    agent = await TestAgent.enroll(service, environment, 'host-1');
  });

  test('is readable, each at its revision', async () => {
    for (let i = 0; i < 20; i++) {
      const { at } = await deploy();
      await agent.send(nats, agent.status(at));
      await until(hostState, ({ revision }) => revision === at.revision);
    }
  });

  test('that comes late or twice changes nothing', async () => {
    const { at } = await deploy();
    const old = agent.status(START);
    await agent.send(nats, agent.status(at));
    await until(hostState, ({ revision }) => revision === at.revision);
    const counted = await oldStatuses();
    await agent.send(nats, old);
    await until(oldStatuses, (now) => now === counted + 1);
    expect((await hostState()).revision).toBe(at.revision);
  });

  test('of an agent that started anew by a clock that was set back is believed after it registered', async () => {
    await agent.send(nats, agent.status(START, { reason: 'BEFORE' }));
    await until(hostState, ({ reason }) => reason === 'BEFORE');
    const again = await agent.restarted();
    again.startedAt = agent.startedAt - 3_600_000;
    await again.send(nats, again.status(START, { reason: 'AFTER' }));
    await until(hostState, ({ reason }) => reason === 'AFTER');
  });

  test('is refused when it is signed by another key, or speaks for another agent, environment or installation', async () => {
    const other = await TestAgent.enroll(service, environment, 'host-2');
    const stranger = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
    await agent.send(nats, agent.status(START, { reason: 'FORGED' }), stranger);
    await agent.send(nats, agent.status(START, { reason: 'FORGED' }), other.key);
    await agent.send(nats, { ...agent.status(START, { reason: 'FORGED' }), agent: other.registration.agent });
    const nowhere = '00000000-0000-4000-8000-000000000000';
    await agent.send(nats, agent.status(START, { reason: 'FORGED', environment: nowhere }));
    await agent.send(nats, agent.status(START, { reason: 'FORGED', installation: nowhere }));
    nats.publish(agent.subjects.status(environment, agent.registration.agent), 'garbage');
    await agent.send(nats, agent.status(START, { reason: 'TRUE' }));
    await until(hostState, ({ reason }) => reason === 'TRUE');
    const refused = async () => {
      const metrics = await (await fetch(`${service.url}/metrics`)).text();
      return Number(/trustcast_agent_statuses_total\{outcome="refused",transport="nats"\} (\d+)/.exec(metrics)?.[1]);
    };
    await until(refused, (number) => number >= 6);
    expect((await hostState()).reason).toBe('TRUE');
  });

  test('that PostgreSQL cannot hold does not take others with it', async () => {
    const other = await TestAgent.enroll(service, environment, 'z-other');
    await Promise.all([
      agent.send(nats, agent.status(START, { managed: 2 ** 31 })),
      other.send(nats, other.status(START, { reason: 'FINE' })),
    ]);
    await until(
      () =>
        service.query<{ agents: { nodes: { reason: string | null }[] } }>(
          'query ($environment: String!) { agents(environment: $environment) { nodes { reason } } }',
          { environment },
        ),
      ({ agents }) => agents.nodes.some(({ reason }) => reason === 'FINE'),
    );
  });

  test('of a hundred agents at once is stored', async () => {
    const agents = await Promise.all(
      Array.from({ length: 100 }, (_, i) => TestAgent.enroll(service, environment, `fleet-${i}`)),
    );
    const { at } = await deploy();
    const sentAt = performance.now();
    await Promise.all(agents.map((each) => each.send(nats, each.status(at, { jvms: [jvm('e', at)] }))));
    await until(
      () =>
        harness.sql.query<{ n: string }>(
          'SELECT count(*) AS n FROM agent_statuses WHERE written_revision = $1 AND environment_id = $2',
          [at.revision, agent.registration.environment.id],
        ),
      ({ rows }) => rows[0]!.n === '100',
    );
    process.stdout.write(`100 statuses stored in ${(performance.now() - sentAt).toFixed(0)} ms\n`);
  });
});
