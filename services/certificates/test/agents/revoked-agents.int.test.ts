import type { NatsConnection } from '@nats-io/transport-node';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { agentPaths } from '@trustcast/schema';
import { createEnrollmentToken, enroll, enrolledAgent } from '../support/enroll.js';
import { until } from '../support/harness.js';
import { TestAgent, createAgent, register } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const HEARTBEAT = agentPaths.heartbeat('apimanager');
const REVOKE = `mutation ($id: ID!, $reason: String!) { payload: revokeAgent(input: { id: $id, reason: $reason }) {
  agent { state reason revoked { by reason } setAside { reason } } userErrors { code } } }`;
const change = (mutation: string, id: string) =>
  service.query(`mutation ($id: ID!) { ${mutation}(input: { id: $id }) { userErrors { code } } }`, { id });
let nats: NatsConnection;

beforeAll(async () => {
  nats = await harness.connectNats();
});

async function codeOf(response: Response): Promise<string> {
  return response.ok ? 'OK' : `${response.status} ${((await response.json()) as { code: string }).code}`;
}
const revoke = (id: string, reason = 'stolen laptop') => service.query(REVOKE, { id, reason });
const stored = async (id: string) =>
  (await harness.sql.query<{ reason: string }>('SELECT reason FROM agent_statuses WHERE agent_id = $1', [id])).rows[0]
    ?.reason;

describe('a stolen key of a host, once its agent is revoked,', () => {
  test('is refused over HTTP by every process at once, its reports are not believed, and the list says so', async () => {
    const agent = await enrolledAgent(service, 'stolen');
    const { agent: id } = agent.registration;
    const other = await harness.start();
    await agent.send(nats, agent.status({ epoch: 1, revision: 0 }, { reason: 'BEFORE' }));
    await until(
      () => stored(id),
      (reason) => reason === 'BEFORE',
    );
    expect(await revoke(id)).toMatchObject({
      payload: {
        agent: { state: 'REVOKED', reason: 'REVOKED: stolen laptop', revoked: { reason: 'stolen laptop' } },
        userErrors: [],
      },
    });
    expect(await codeOf(await agent.request(HEARTBEAT))).toBe('401 AGENT_REVOKED');
    const headers = await agent.sign(HEARTBEAT);
    expect(await codeOf(await fetch(`${other.url}${HEARTBEAT}`, { headers }))).toBe('401 AGENT_REVOKED');
    const refused = async () => {
      const metrics = await Promise.all(
        [service, other].map(async ({ url }) => (await fetch(`${url}/metrics`)).text()),
      );
      return metrics.reduce(
        (sum, text) => sum + Number(/statuses_total\{outcome="refused",transport="nats"\} (\d+)/.exec(text)?.[1] ?? 0),
        0,
      );
    };
    const before = await refused();
    await until(
      async () => {
        await agent.send(nats, agent.status({ epoch: 1, revision: 0 }, { reason: 'AFTER' }));
        return refused();
      },
      (number) => number > before,
      { timeoutMs: 5_000 },
    );
    await until(refused, (number) => number > before);
    const { data } = await service.graphql('{ audit(filter: { action: "revokeAgent" }) { nodes { after details } } }');
    expect(data).toMatchObject({ audit: { nodes: [{ after: { id }, details: { reason: 'stolen laptop' } }] } });
    await other.stop();
  });

  test('does not count in deployments, and does not enroll again; returnAgent changes nothing of that', async () => {
    const agent = await enrolledAgent(service, 'taken');
    const { agent: id } = agent.registration;
    await revoke(id);
    await change('returnAgent', id);
    const { rows } = await harness.sql.query('SELECT set_aside_at IS NULL AS counts FROM agents WHERE id = $1', [id]);
    expect(rows).toEqual([{ counts: false }]);
    const { token } = await createEnrollmentToken(service, { uses: 2 });
    expect(await codeOf(await enroll(service, token, { key: agent.key }))).toBe('403 AGENT_REVOKED');
    const key = await TestAgent.newKey();
    expect(await codeOf(await enroll(service, token, { key, said: { name: 'taken' } }))).toBe('409 NAME_TAKEN');
    await change('reenrollAgent', id);
    expect(await codeOf(await enroll(service, token, { key, said: { name: 'taken' } }))).toBe('OK');
    expect(await codeOf(await agent.request(HEARTBEAT))).toBe('401 AGENT_KEY_UNKNOWN');
    const { rows: again } = await harness.sql.query(
      'SELECT set_aside_at IS NULL AS counts, revoked_at FROM agents WHERE id = $1',
      [id],
    );
    expect(again).toEqual([{ counts: true, revoked_at: null }]);
  });

  test('is refused where it has a token as well', async () => {
    const { token, agent } = await createAgent(service, 'apimanager', 'with-a-token');
    const key = await TestAgent.newKey();
    expect((await register(service, token, key)).status).toBe(200);
    await revoke(agent?.id ?? '');
    expect(await codeOf(await register(service, token, key))).toBe('401 AGENT_REVOKED');
  });
});

test.each([
  ['3d1a4b3e-8c5f-4d4e-9a52-0d8f6a1b2c3d', 'x', 'AGENT_NOT_FOUND'],
  ['3d1a4b3e-8c5f-4d4e-9a52-0d8f6a1b2c3d', '', 'INVALID_INPUT'],
])('an agent %s is not revoked with the reason "%s"', async (id, reason, code) => {
  expect(await revoke(id, reason)).toMatchObject({ payload: { agent: null, userErrors: [{ code }] } });
});
