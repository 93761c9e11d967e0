import type { NatsConnection } from '@nats-io/transport-node';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { agentPaths, signAgentStatus, verifyRegistration } from '@trustcast/schema';
import { until } from '../support/harness.js';
import { TestAgent, createAgent, register, registrationRequest } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const START = { epoch: 1, revision: 0 };
let nats: NatsConnection;
let serial = 0;

/** What somebody has who listened to all of it: the request to register, and whatever was reported. */
interface Recorded {
  readonly agent: TestAgent;
  readonly request: string;
}
let recorded: Recorded;

beforeAll(async () => {
  nats = await harness.connectNats();
});
beforeEach(async () => {
  const { token, pins } = await createAgent(service, 'apimanager', `host-${++serial}`);
  const key = await TestAgent.newKey();
  const request = await registrationRequest(token, key);
  const answer = await register(service, token, key, request);
  const registration = verifyRegistration(await answer.json(), request, pins);
  recorded = { agent: new TestAgent(service, token, key, registration, pins), request };
});

async function stored({ registration }: TestAgent): Promise<string | null | undefined> {
  const { rows } = await harness.sql.query<{ reason: string | null }>(
    'SELECT reason FROM agent_statuses WHERE agent_id = $1',
    [registration.agent],
  );
  return rows[0]?.reason;
}

async function counted(outcome: string): Promise<number> {
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  return Number(new RegExp(`statuses_total\\{outcome="${outcome}",transport="nats"\\} (\\d+)`).exec(metrics)?.[1] ?? 0);
}

/** Publishes what was said before, and waits until the service has looked at it. */
async function replay({ registration, subjects }: TestAgent, compact: string): Promise<void> {
  const before = (await counted('old')) + (await counted('stored'));
  nats.publish(subjects.status(registration.environment.name, registration.agent), compact);
  await until(
    async () => (await counted('old')) + (await counted('stored')),
    (number) => number > before,
  );
}

/** What the agent says next, as somebody records it. */
async function say(agent: TestAgent, reason: string): Promise<string> {
  const status = agent.status(START, { reason });
  const compact = await signAgentStatus(status, agent.key);
  await agent.send(nats, status);
  await until(
    () => stored(agent),
    (now) => now === reason,
  );
  return compact;
}

describe('a registration that is replayed with the token of its agent', () => {
  test('gives no status a chance that was recorded before, over NATS or HTTP', async () => {
    const { agent, request } = recorded;
    const old = await say(agent, 'RECORDED');
    await say(agent, 'NEWER');
    expect((await register(service, agent.token, agent.key, request)).status).toBe(200);
    await replay(agent, old);
    expect(await stored(agent)).toBe('NEWER');
    const answer = await fetch(`${service.url}${agentPaths.status('apimanager')}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${agent.token}` },
      body: JSON.stringify({ status: old }),
    });
    expect(answer.status).toBe(200);
    expect(await stored(agent)).toBe('NEWER');
  });

  test('takes nothing from the agent itself, which goes on reporting', async () => {
    const { agent, request } = recorded;
    await say(agent, 'BEFORE');
    expect((await register(service, agent.token, agent.key, request)).status).toBe(200);
    await say(agent, 'AFTER');
  });

  test('gives none a chance that was recorded before the agent started again, also by a clock that was set back', async () => {
    const { agent, request } = recorded;
    const old = await say(agent, 'FIRST_START');
    const again = await agent.restarted();
    again.startedAt = agent.startedAt - 3_600_000;
    await say(again, 'SECOND_START');
    for (let time = 0; time < 3; time++) {
      expect((await register(service, agent.token, agent.key, request)).status).toBe(200);
      await replay(agent, old);
      expect(await stored(agent)).toBe('SECOND_START');
    }
  });

  test('is one number after the other, also after the database was restored', async () => {
    const { agent } = recorded;
    const number = agent.registration.session;
    expect(number).toBeGreaterThan(0);
    const later = await agent.restarted();
    expect(later.registration.session).toBeGreaterThan(number);
    await harness.sql.query('UPDATE agents SET session = 1 WHERE id = $1', [agent.registration.agent]);
    expect((await agent.restarted()).registration.session).toBeGreaterThan(later.registration.session);
  });
});
