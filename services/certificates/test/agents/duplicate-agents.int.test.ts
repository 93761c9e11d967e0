import { beforeEach, describe, expect, test } from '@jest/globals';
import { type AgentStatus, agentPaths, decodeAgentOfItself } from '@trustcast/schema';
import { DeployedHost } from '../support/deployed-host.js';
import { until } from '../support/harness.js';
import { TestAgent } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const host = DeployedHost.use(harness, service, 'duplicate', () => ({ sentAt: Date.now() - 50_000 }));
const { live, told, progress } = host;
let { nats, environment, agent, deployment } = host;
beforeEach(() => void ({ nats, environment, agent, deployment } = host));

/** Another host with the same token and key, whose process began at another time. */
function clone(of: TestAgent, startedAt = of.startedAt): TestAgent {
  const other = new TestAgent(of.service, of.token, of.key, of.registration, of.pinned);
  other.startedAt = startedAt;
  return other;
}

/** Publishes what the service drops, and waits until it has looked at it. */
async function dropped(from: TestAgent, status: AgentStatus) {
  const before = await old();
  await from.send(nats, status);
  await until(old, (number) => number > before);
  return progress();
}

async function old(): Promise<number> {
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  return Number(/statuses_total\{outcome="old",transport="nats"\} (\d+)/.exec(metrics)?.[1] ?? 0);
}

const DUPLICATE = {
  state: 'FAILED',
  host: { state: 'FAILED', reason: expect.stringMatching(/^DUPLICATE: .*clone\.example.*host\.example/) },
};

describe('a host that was cloned with its key', () => {
  test('is no longer LIVE when the one that started earlier speaks again, and is named with both', async () => {
    const earlier = clone(agent, agent.startedAt - 3_600_000);
    expect((await told(live({}))).state).toBe('LIVE');
    const failed = earlier.status(
      { epoch: 1, revision: 0 },
      { hostname: 'clone.example', state: 'FAILED', reason: 'X' },
    );
    expect(await dropped(earlier, failed)).toEqual(DUPLICATE);
    expect(await told(live({}))).toEqual(DUPLICATE);
    const { agents } = await service.query<{
      agents: { nodes: { state: string; reason: string }[] };
    }>('query ($e: String!) { agents(environment: $e) { nodes { state reason } } }', { e: environment });
    expect(agents.nodes).toEqual([DUPLICATE.host]);
  });

  test('is told apart by its boot where it has the name of the other, in the list, in a metric, by the doctor, and once in the log', async () => {
    const [bootId, otherBoot] = ['11111111-2222-4333-8444-555555555555', '66666666-7777-4888-8999-000000000000'];
    const earlier = clone(agent, agent.startedAt - 3_600_000);
    await told(live({ bootId }));
    await dropped(earlier, earlier.status(deployment.at, { bootId: otherBoot }));
    await dropped(earlier, earlier.status(deployment.at, { bootId: otherBoot }));
    const { agents } = await service.query<{ agents: { nodes: object[] } }>(
      'query ($e: String!) { agents(environment: $e) { nodes { hostname bootId reason duplicate { hostname bootId lastSeenAt } } } }',
      { e: environment },
    );
    const reason = expect.stringContaining(
      `host.example (boot ${otherBoot}) and host.example (boot ${bootId})`,
    ) as unknown;
    expect(agents.nodes).toEqual([
      {
        hostname: 'host.example',
        bootId,
        reason,
        duplicate: { hostname: 'host.example', bootId: otherBoot, lastSeenAt: expect.any(String) as unknown },
      },
    ]);
    await until(
      async () => (await fetch(`${service.url}/metrics`)).text(),
      (text) => /^trustcast_duplicate_agents [1-9]/m.test(text),
    );
    const self = await agent.request(agentPaths.self);
    expect(decodeAgentOfItself(Buffer.from(await self.arrayBuffer()))).toEqual({ duplicate: reason });
    const lines = (message: string) =>
      service
        .output()
        .split('\n')
        .filter((line) => line.includes(message) && line.includes(agent.registration.agent));
    await until(
      () => Promise.resolve(lines('two hosts report')),
      ({ length }) => length > 0,
    );
    await harness.sql.query(
      `UPDATE agent_statuses SET duplicate_at = duplicate_at - interval '11 minutes' WHERE agent_id = $1`,
      [agent.registration.agent],
    );
    await until(
      () => Promise.resolve(lines('one host alone')),
      ({ length }) => length > 0,
    );
    expect([lines('two hosts report').length, lines('one host alone').length]).toEqual([1, 1]);
  });

  test('is found also where both are one snapshot, with the same start and the same numbers', async () => {
    const other = clone(agent);
    other.sequence = agent.sequence;
    expect((await told(live({ sentAt: Date.now() - 10_000 }))).state).toBe('LIVE');
    expect(await dropped(other, other.status(deployment.at, { hostname: 'clone.example' }))).toEqual(DUPLICATE);
  });

  test('is named also while only the one that started earlier speaks', async () => {
    const earlier = clone(agent, agent.startedAt - 3_600_000);
    await told(live({}));
    await harness.sql.query(
      `UPDATE agent_statuses SET received_at = received_at - interval '2 minutes' WHERE agent_id = $1`,
      [agent.registration.agent],
    );
    const said = await dropped(earlier, earlier.status(deployment.at, { hostname: 'clone.example' }));
    expect(said).toEqual({ state: 'UNREACHABLE', host: { state: 'UNREACHABLE', reason: DUPLICATE.host.reason } });
  });

  test('is a host as any other ten minutes after the other one was heard last', async () => {
    const earlier = clone(agent, agent.startedAt - 3_600_000);
    await told(live({}));
    await dropped(earlier, earlier.status(deployment.at, { hostname: 'clone.example' }));
    await harness.sql.query(
      `UPDATE agent_statuses SET duplicate_at = duplicate_at - interval '11 minutes' WHERE agent_id = $1`,
      [agent.registration.agent],
    );
    expect((await progress()).state).toBe('LIVE');
  });
});

describe('no clone is', () => {
  test('a host that was booted again, whose last word of before comes late', async () => {
    const [bootId, nextBoot] = ['11111111-2222-4333-8444-555555555555', '66666666-7777-4888-8999-000000000000'];
    await told(live({ bootId, sentAt: Date.now() - 1_000 }));
    const after = clone(agent, Date.now());
    await told(after.status(deployment.at, { bootId: nextBoot }));
    expect((await dropped(agent, agent.status(deployment.at, { bootId }))).host).toMatchObject({ state: 'WRITTEN' });
  });

  test('an agent that started again, whose last word of before comes late', async () => {
    const before = clone(agent, agent.startedAt - 3_600_000);
    await told(live({}));
    expect((await dropped(before, before.status(null, { sentAt: Date.now() - 52_000 }))).state).toBe('LIVE');
  });

  test('a status of before that somebody sends again, or out of order', async () => {
    const first = live({ sentAt: Date.now() - 20_000 });
    await told(first);
    await told(live({}));
    expect((await dropped(agent, first)).state).toBe('LIVE');
  });

  test('an earlier run whose clock was never compared', async () => {
    const before = clone(agent, agent.startedAt - 3_600_000);
    await told(live({}));
    expect((await dropped(before, before.status(null, { clockOffsetMs: null }))).state).toBe('LIVE');
  });
});
