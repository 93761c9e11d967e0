import { beforeAll, describe, expect, test } from '@jest/globals';
import { agentPaths, contentDigestOf, publicJwkOf, signAgentStatus, signRegistrationRequest } from '@trustcast/schema';
import { readNatsAgents } from '../../src/features/agents/sql/read-nats-agents.js';
import type { Sql } from '../../src/platform/postgres/statement.js';
import { type EnrolledAgent, enrolledAgent } from '../support/enroll.js';
import { TestAgent, createAgent } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const HEARTBEAT = agentPaths.heartbeat('apimanager');
const STATUS = agentPaths.status('apimanager');
let agent: EnrolledAgent;

beforeAll(async () => {
  agent = await enrolledAgent(service, 'signer');
});

async function codeOf(response: Response): Promise<string> {
  return response.ok ? 'OK' : `${response.status} ${((await response.json()) as { code: string }).code}`;
}

async function report(): Promise<string> {
  return JSON.stringify({ status: await signAgentStatus(agent.status({ epoch: 1, revision: 0 }), agent.key) });
}

describe('an agent that enrolled', () => {
  test('asks for heartbeat and set, and reports, by its signature alone', async () => {
    expect(await codeOf(await agent.request(HEARTBEAT))).toBe('OK');
    expect((await agent.pull()).statement.epoch).toBe(1);
    expect((await agent.pull({ epoch: 1, revision: 0 })).statement.epoch).toBe(1);
    expect(await codeOf(await agent.request(STATUS, { method: 'POST', body: await report() }))).toBe('OK');
  });

  test('registers again with the key that signs, and with no other', async () => {
    const said = { hostname: 'h', agentVersion: '1', token: null };
    const body = async (key: typeof agent.key) => JSON.stringify({ request: await signRegistrationRequest(said, key) });
    const register = async (text: string) =>
      codeOf(await agent.request(agentPaths.register, { method: 'POST', body: text }));
    expect(await register(await body(agent.key))).toBe('OK');
    expect(await register(await body(await TestAgent.newKey()))).toBe('403 OTHER_TOKEN');
  });
});

describe('a key that takes over from another one', () => {
  const registered = async (by: EnrolledAgent) => {
    const request = await signRegistrationRequest({ hostname: 'h', agentVersion: '1', token: null }, by.key);
    return codeOf(await by.request(agentPaths.register, { method: 'POST', body: JSON.stringify({ request }) }));
  };
  const believed = async (by: EnrolledAgent) => {
    const body = JSON.stringify({ status: await signAgentStatus(by.status({ epoch: 1, revision: 0 }), by.key) });
    return codeOf(await by.request(STATUS, { method: 'POST', body }));
  };
  const leftMs = async ({ registration }: EnrolledAgent) => {
    const { rows } = await harness.sql.query<{ ms: number }>(
      'SELECT (extract(epoch FROM previous_key_until - now()) * 1000)::integer AS ms FROM agents WHERE id = $1',
      [registration.agent],
    );
    return rows[0]?.ms ?? NaN;
  };
  const endPrevious = ({ registration }: EnrolledAgent) =>
    harness.sql.query('UPDATE agents SET previous_key_until = now() WHERE id = $1', [registration.agent]);

  test('is good at once, and the one before for minutes, over HTTP, for reports and for NATS; then no more', async () => {
    const before = await enrolledAgent(service, 'renewing');
    expect(await believed(before)).toBe('OK');
    const after = before.withKey(await TestAgent.newKey());
    expect(await codeOf(await before.askToRenew(after.key))).toBe('OK');
    const sql: Sql = {
      query: async <Row>({ text }: { text: string }) => (await harness.sql.query(text)).rows as Row[],
    };
    const names = async () => {
      const agents = await readNatsAgents(sql);
      return agents.filter(({ id }) => id === before.registration.agent).map(({ publicKey }) => publicKey.x);
    };
    const keyIds = await Promise.all([before, after].map(async ({ key }) => (await publicJwkOf(key.privateKey)).x));
    expect((await names()).sort()).toEqual([...keyIds].sort());
    for (const each of [before, after])
      expect([await codeOf(await each.request(HEARTBEAT)), await believed(each)]).toEqual(['OK', 'OK']);
    expect(await leftMs(before)).toBeGreaterThan(60_000);
    expect(await registered(after)).toBe('OK');
    expect(await leftMs(before)).toBeLessThanOrEqual(60_000);
    await endPrevious(before);
    expect(await names()).toEqual([keyIds[1]]);
    expect(await codeOf(await before.request(HEARTBEAT))).toBe('401 AGENT_KEY_UNKNOWN');
    expect(await codeOf(await after.request(HEARTBEAT))).toBe('OK');
    const { data } = await service.graphql(
      '{ audit(filter: { action: "renewAgentKey" }) { nodes { actor before after } } }',
    );
    expect(data).toMatchObject({
      audit: {
        nodes: [
          { actor: `agent:${before.registration.agent}`, before: { keyId: keyIds[0] }, after: { keyId: keyIds[1] } },
        ],
      },
    });
  });

  test('is asked for again without a change, by either key; another one by the key before is refused', async () => {
    const before = await enrolledAgent(service, 'renewing-twice');
    const after = before.withKey(await TestAgent.newKey());
    for (const by of [before, before, after]) expect(await codeOf(await by.askToRenew(after.key))).toBe('OK');
    expect(await codeOf(await before.askToRenew(await TestAgent.newKey()))).toBe('409 KEY_NOT_RENEWED');
    await endPrevious(before);
    expect(await codeOf(await after.askToRenew(after.key))).toBe('OK');
    expect(await codeOf(await before.askToRenew(after.key))).toBe('401 AGENT_KEY_UNKNOWN');
  });

  test('is no key of another agent, neither its present one nor the one before', async () => {
    const other = await enrolledAgent(service, 'renewing-other');
    const next = await TestAgent.newKey();
    expect(await codeOf(await other.askToRenew(next))).toBe('OK');
    const thief = await enrolledAgent(service, 'renewing-thief');
    for (const key of [other.key, next]) expect(await codeOf(await thief.askToRenew(key))).toBe('409 KEY_NOT_RENEWED');
    expect(await codeOf(await thief.request(HEARTBEAT))).toBe('OK');
  });

  test('ends with the one before where the agent is revoked; a host with a token has none to renew', async () => {
    const before = await enrolledAgent(service, 'renewing-revoked');
    const after = before.withKey(await TestAgent.newKey());
    await before.askToRenew(after.key);
    await service.query(
      `mutation ($id: ID!) { revokeAgent(input: { id: $id, reason: "stolen" }) { userErrors { code } } }`,
      {
        id: before.registration.agent,
      },
    );
    for (const each of [before, after]) expect(await codeOf(await each.request(HEARTBEAT))).toBe('401 AGENT_REVOKED');
    const { token } = await createAgent(service, 'apimanager', 'renewing-token');
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${service.url}${agentPaths.renewKey}`, { method: 'POST', headers, body: '{}' });
    expect(await codeOf(response)).toBe('403 NOT_ENROLLED');
  });
});

describe('a request is refused', () => {
  test('that another key has signed in the name of this one', async () => {
    const headers = await agent.sign(HEARTBEAT);
    const forged = await agent.sign(HEARTBEAT, { key: await TestAgent.newKey() });
    expect(await codeOf(await agent.sendAs(HEARTBEAT, { ...headers, signature: forged.signature ?? '' }))).toBe(
      '401 SIGNATURE_INVALID',
    );
    expect(await codeOf(await agent.sendAs(HEARTBEAT, forged))).toBe('401 AGENT_KEY_UNKNOWN');
  });

  test('that was answered before, by this process and by another one, also in the same moment', async () => {
    const other = await harness.start();
    const headers = await agent.sign(HEARTBEAT);
    const send = ({ url }: { url: string }) => fetch(`${url}${HEARTBEAT}`, { headers });
    const codes = await Promise.all([service, other, service, other].map(async (each) => codeOf(await send(each))));
    expect(codes.sort()).toEqual(['401 REQUEST_REPLAYED', '401 REQUEST_REPLAYED', '401 REQUEST_REPLAYED', 'OK']);
    await other.stop();
  });

  test('whose nonce another agent has used is none of them', async () => {
    const second = await enrolledAgent(service, 'second-signer');
    const nonce = (headers: Record<string, string>) => /nonce="([^"]+)"/.exec(headers['signature-input'] ?? '')?.[1];
    const headers = await agent.sign(HEARTBEAT);
    await agent.sendAs(HEARTBEAT, headers);
    const { rows } = await harness.sql.query('SELECT count(*)::int AS number FROM request_nonces WHERE nonce = $1', [
      nonce(headers),
    ]);
    expect(rows).toEqual([{ number: 1 }]);
    expect(await codeOf(await second.request(HEARTBEAT))).toBe('OK');
  });

  test('for another path, query, method or environment than was signed', async () => {
    const set = agentPaths.set('apimanager');
    expect(await codeOf(await agent.sendAs(set, await agent.sign(HEARTBEAT)))).toBe('401 SIGNATURE_INVALID');
    expect(await codeOf(await agent.sendAs(`${set}?after=1.0`, await agent.sign(set)))).toBe('401 SIGNATURE_INVALID');
    const posted = await agent.sign(STATUS);
    expect(await codeOf(await agent.sendAs(STATUS, posted, { method: 'POST', body: await report() }))).toBe(
      '401 SIGNATURE_INVALID',
    );
    expect(await codeOf(await agent.request(agentPaths.heartbeat('other')))).toBe('403 OTHER_ENVIRONMENT');
  });

  test('with another body than was signed, and with none, and nothing is done', async () => {
    const headers = await agent.sign(STATUS, { method: 'POST', body: await report() });
    expect(await codeOf(await agent.sendAs(STATUS, headers, { method: 'POST', body: await report() }))).toBe(
      '400 CONTENT_DIGEST_MISMATCH',
    );
    const alone = await agent.sign(STATUS, { method: 'POST', body: await report() });
    expect(await codeOf(await agent.sendAs(STATUS, alone, { method: 'POST' }))).toBe('400 CONTENT_DIGEST_MISMATCH');
    const large = JSON.stringify({ status: 'x'.repeat(300_000) });
    const exchanged = { ...(await agent.sign(STATUS, { method: 'POST', body: `${large} ` })) };
    expect(await codeOf(await agent.sendAs(STATUS, exchanged, { method: 'POST', body: large }))).toBe(
      '400 CONTENT_DIGEST_MISMATCH',
    );
    expect(
      await codeOf(
        await agent.sendAs(STATUS, { ...headers, 'content-digest': contentDigestOf('') }, { method: 'POST' }),
      ),
    ).toBe('401 SIGNATURE_INVALID');
  });

  test('by a clock that is off, with both times', async () => {
    const signedAt = Math.floor((Date.now() - 600_000) / 1_000) * 1_000;
    const response = await agent.request(HEARTBEAT, { now: signedAt });
    const { code, detail } = (await response.json()) as { code: string; detail: string };
    expect({ status: response.status, code }).toEqual({ status: 401, code: 'CLOCK_SKEW' });
    expect(detail).toContain(new Date(signedAt).toISOString());
    const [, theirs = ''] = /clock says (\S+Z)/.exec(detail) ?? [];
    expect(Math.abs(Date.now() - new Date(theirs).getTime())).toBeLessThan(60_000);
    expect(await codeOf(await agent.request(HEARTBEAT, { now: Date.now() + 600_000 }))).toBe('401 CLOCK_SKEW');
    expect(await codeOf(await agent.request(HEARTBEAT, { now: Date.now() - 240_000 }))).toBe('OK');
  });

  test('for another installation', async () => {
    const installation = '11111111-2222-4333-8444-555555555555';
    expect(await codeOf(await agent.request(HEARTBEAT, { installation }))).toBe('401 OTHER_INSTALLATION');
  });

  test('by the key of an agent that was deleted', async () => {
    const gone = await enrolledAgent(service, 'gone');
    await service.query('mutation ($id: ID!) { deleteAgent(input: { id: $id }) { userErrors { code } } }', {
      id: gone.registration.agent,
    });
    expect(await codeOf(await gone.request(HEARTBEAT))).toBe('401 AGENT_KEY_UNKNOWN');
  });
});

test('nonces are gone from the table once their time is over', async () => {
  await harness.sql.query(
    `INSERT INTO request_nonces SELECT 'k', n::text, now() - interval '1 minute' FROM generate_series(1, 15) n`,
  );
  expect(await codeOf(await agent.request(HEARTBEAT))).toBe('OK');
  const { rows } = await harness.sql.query(`SELECT count(*)::int AS number FROM request_nonces WHERE key_id = 'k'`);
  expect(rows).toEqual([{ number: 0 }]);
});

test('an agent with a token goes on as before', async () => {
  const { token } = await createAgent(service, 'apimanager', 'with-token');
  const response = await fetch(`${service.url}${HEARTBEAT}`, { headers: { authorization: `Bearer ${token}` } });
  expect(await codeOf(response)).toBe('OK');
});
