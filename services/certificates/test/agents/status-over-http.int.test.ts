import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  type AgentStatus,
  LIMITS,
  type SigningKey,
  agentPaths,
  signAgentStatus,
  signingKeyOf,
} from '@trustcast/schema';
import { createEnvironment } from '../support/mutations.js';
import { until } from '../support/harness.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const START = { epoch: 1, revision: 0 };
let agent: TestAgent;

beforeAll(async () => {
  agent = await TestAgent.enroll(service, 'apimanager', 'host');
});

interface Sender {
  readonly of?: TestAgent;
  readonly key?: SigningKey;
  readonly environment?: string;
  readonly token?: string;
}

async function post(body: string, { of = agent, environment = 'apimanager', token = of.token }: Sender = {}) {
  return fetch(`${service.url}${agentPaths.status(environment)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body,
  });
}

async function report(status: AgentStatus, { of = agent, key = of.key }: Sender = {}) {
  return post(JSON.stringify({ status: await signAgentStatus(status, key) }), { of });
}

async function stored(of = agent): Promise<string | null | undefined> {
  const { rows } = await harness.sql.query<{ reason: string | null }>(
    'SELECT reason FROM agent_statuses WHERE agent_id = $1',
    [of.registration.agent],
  );
  return rows[0]?.reason;
}

describe('a status over HTTP', () => {
  test('is stored, and answered by the current statement', async () => {
    const answer = await report(agent.status(START, { reason: 'OVER_HTTP' }));
    expect(answer.status).toBe(200);
    const { message, statement } = agent.read(Buffer.from(await answer.arrayBuffer()));
    expect(message).toMatchObject({ from: START, upserts: [], removals: [] });
    expect(statement).toMatchObject({ revision: 0, environment: agent.registration.environment.id });
    expect(await stored()).toBe('OVER_HTTP');
  });

  test('is in one order with those over NATS: what is older, by whichever way, changes nothing', async () => {
    const [older, newer] = [agent.status(START, { reason: 'OLDER' }), agent.status(START, { reason: 'NEWER' })];
    expect((await report(newer)).status).toBe(200);
    expect((await report(older)).status).toBe(200);
    expect(await stored()).toBe('NEWER');
    const nats = await harness.connectNats();
    await agent.send(nats, older);
    expect((await report(agent.status(START, { reason: 'LAST' }))).status).toBe(200);
    expect(await stored()).toBe('LAST');
  });

  test.each([
    ['signed by another key', 'SIGNATURE_KEY_UNKNOWN'],
    ['in another agent’s name', 'STATUS_OTHER_AGENT'],
    ['of another installation', 'STATUS_OTHER_ENVIRONMENT'],
    ['that is no status', 'SIGNATURE_MALFORMED'],
    ['that is missing', 'MALFORMED'],
  ])('%s is refused as %s, and changes nothing', async (what, code) => {
    const before = await stored();
    const status = agent.status(START, { reason: 'FORGED' });
    const answer = await {
      SIGNATURE_KEY_UNKNOWN: async () =>
        report(status, { key: await signingKeyOf(generateKeyPairSync('ed25519').privateKey) }),
      STATUS_OTHER_AGENT: () => report({ ...status, agent: agent.registration.environment.id }),
      STATUS_OTHER_ENVIRONMENT: () => report({ ...status, installation: agent.registration.environment.id }),
      SIGNATURE_MALFORMED: () => post(JSON.stringify({ status: 'garbage' })),
      MALFORMED: () => post('{}'),
    }[code]!();
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code });
    expect(await stored()).toBe(before);
  });

  test('needs the agent’s own token, before a byte of it is read, and its own environment', async () => {
    const body = JSON.stringify({ status: await signAgentStatus(agent.status(START), agent.key) });
    expect((await post(body, { token: 'nobody' })).status).toBe(401);
    expect((await post(body, { token: service.token })).status).toBe(401);
    expect(await (await post(body, { environment: 'elsewhere' })).json()).toMatchObject({ code: 'OTHER_ENVIRONMENT' });
    const other = await TestAgent.enroll(service, 'apimanager', 'other');
    expect(await (await post(body, { of: other })).json()).toMatchObject({ code: 'SIGNATURE_KEY_UNKNOWN' });
  });

  test('of a gateway is stored, unless it lists JVMs or comes by NATS', async () => {
    await createEnvironment(service, 'gateway', 'GATEWAY');
    const gateway = await TestAgent.enroll(service, 'gateway', 'consumer');
    const send = async (status: AgentStatus) =>
      post(JSON.stringify({ status: await signAgentStatus(status, gateway.key) }), {
        of: gateway,
        environment: 'gateway',
      });
    await gateway.send(await harness.connectNats(), gateway.status(START, { reason: 'BY_NATS' }));
    await until(
      () => Promise.resolve(service.output()),
      (output) => output.includes('a gateway reports over HTTP'),
    );
    const answer = await send(gateway.status(START, { jvms: [jvm('a', START)] }));
    expect(await answer.json()).toMatchObject({ status: 400, code: 'STATUS_NOT_ACCEPTED' });
    expect(await stored(gateway)).toBeUndefined();
    expect((await send(gateway.status(START, { reason: 'BY_HTTP' }))).status).toBe(200);
    expect(await stored(gateway)).toBe('BY_HTTP');
  });

  test('that comes too often is answered 429 with a time to wait, and nobody else is', async () => {
    const [eager, calm] = [
      await TestAgent.enroll(service, 'apimanager', 'eager'),
      await TestAgent.enroll(service, 'apimanager', 'calm'),
    ];
    const answers = await Promise.all(Array.from({ length: 100 }, () => report(eager.status(START), { of: eager })));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(20);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await report(calm.status(START), { of: calm })).status).toBe(200);
  });

  test('may be as large as a report can be, and no larger', async () => {
    const reason = `LONG: ${'x'.repeat(900)}`;
    const jvms = Array.from({ length: 330 }, (_, index) => ({
      id: index.toString(16).padStart(32, '0'),
      pid: index + 1,
      startedAt: 0,
      jdkVersion: null,
      mainClass: null,
      via: null,
      state: 'UNMANAGED' as const,
      reason,
      at: null,
      alsoInBase: [],
      otherTrust: [],
      olderConnections: null,
      maxEntries: null,
      lastError: null,
      partial: [],
    }));
    const large = agent.status(START, { reason: 'LARGE', jvms });
    expect(JSON.stringify(large).length).toBeGreaterThan(0.7 * LIMITS.agentStatusBytes);
    expect((await report(large)).status).toBe(200);
    expect(await stored()).toBe('LARGE');
    const tooLarge = JSON.stringify({ status: 'x'.repeat(LIMITS.agentStatusCompactBytes + 2_000) });
    expect((await post(tooLarge)).status).toBe(413);
  });
});
