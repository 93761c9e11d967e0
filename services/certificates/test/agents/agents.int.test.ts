import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { request } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { EMPTY_SET, agentPaths, applyDelta, digestOf, signingKeyOf, verifyRegistration } from '@trustcast/schema';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, deleteCertificate, pasted } from '../support/mutations.js';
import { TestAgent, createAgent, register, registrationRequest } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);

async function newKey() {
  return signingKeyOf(generateKeyPairSync('ed25519').privateKey);
}

test('an agent whose name is taken in its environment is refused with the one that has it', async () => {
  const { agent } = await createAgent(service, 'apimanager', 'twice');
  expect(await createAgent(service, 'apimanager', 'twice')).toMatchObject({
    agent: null,
    userErrors: [{ code: 'NAME_TAKEN', node: { __typename: 'Agent', id: agent!.id } }],
  });
});

describe('registration', () => {
  test('lets another key register once an administrator has re-enrolled the host, which is in the audit', async () => {
    const { agent, token } = await createAgent(service, 'apimanager', 'reinstalled');
    expect((await register(service, token, await newKey())).status).toBe(200);
    const key = await newKey();
    const refused = (await (await register(service, token, key)).json()) as { detail: string };
    expect(refused.detail).toContain('TRUSTCAST_DIRECTORY');
    const [offered = ''] = /mutation \{.*\} \}/.exec(refused.detail) ?? [];
    expect(offered).toContain('userErrors { code message }');
    expect(await service.query(offered.replace(agent!.id, randomUUID()))).toMatchObject({
      reenrollAgent: { id: null, userErrors: [{ code: 'AGENT_NOT_FOUND' }] },
    });
    expect(offered).toContain(agent!.id);

    const reenroll = 'mutation ($id: ID!) { reenrollAgent(input: { id: $id }) { id userErrors { code } } }';
    expect(await service.query(reenroll, { id: agent!.id })).toEqual({
      reenrollAgent: { id: agent!.id, userErrors: [] },
    });
    expect((await register(service, token, key)).status).toBe(200);
    expect((await register(service, token, await newKey())).status).toBe(409);
    const [record] = await harness.sql
      .query(`SELECT after->>'id' AS id FROM audit WHERE action = 'reenrollAgent' ORDER BY id DESC LIMIT 1`)
      .then(({ rows }) => rows as { id: string }[]);
    expect(record).toEqual({ id: agent!.id });
  });

  test('pins the first key: the same may come again, another is refused', async () => {
    const { token } = await createAgent(service, 'apimanager', 'pinned');
    const key = await newKey();
    expect((await register(service, token, key)).status).toBe(200);
    expect((await register(service, token, key)).status).toBe(200);
    const other = await register(service, token, await newKey());
    expect(other.status).toBe(409);
    expect(other.headers.get('content-type')).toContain('application/problem+json');
    expect(await other.json()).toMatchObject({ status: 409, code: 'KEY_ALREADY_PINNED' });
  });

  test('of two keys at once pins one', async () => {
    const { token } = await createAgent(service, 'apimanager', 'raced');
    const keys = await Promise.all(Array.from({ length: 8 }, newKey));
    const answers = await Promise.all(keys.map((key) => register(service, token, key)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('tells what the agent needs, and only with its token', async () => {
    const agent = await TestAgent.enroll(service, 'apimanager', 'told');
    expect(agent.registration.nats.servers).toEqual([harness.natsUrl]);
    expect(agent.registration.environment.name).toBe('apimanager');
    expect((await register(service, 'tch_wrong', agent.key)).status).toBe(401);
    expect((await register(service, service.token, agent.key)).status).toBe(401);
  });

  test('of a malformed request is refused by field', async () => {
    const { token } = await createAgent(service, 'apimanager', 'malformed');
    const response = await fetch(`${service.url}${agentPaths.register}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ publicKey: { kty: 'OKP', crv: 'Ed25519', x: 'short' }, hostname: 'h', agentVersion: '1' }),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'MALFORMED', detail: expect.stringContaining('request') });
  });

  test('does not say the token again, and a deleted agent is nobody', async () => {
    const { agent, token } = await createAgent(service, 'apimanager', 'deleted');
    const { rows } = await harness.sql.query<{ row: string }>(
      'SELECT a::text AS row FROM agents a WHERE name = $$deleted$$',
    );
    expect(rows[0]!.row).not.toContain(token);
    await service.query('mutation ($id: ID!) { deleteAgent(input: { id: $id }) { agent { id } } }', { id: agent!.id });
    expect((await register(service, token, await newKey())).status).toBe(401);
  });
});

describe('a request to register', () => {
  test('that was signed for another token is refused, and pins nothing', async () => {
    const [own, others] = [
      await createAgent(service, 'apimanager', 'own'),
      await createAgent(service, 'apimanager', 'others'),
    ];
    const key = await newKey();
    const passedOn = await register(service, others.token, key, await registrationRequest(own.token, key));
    expect(passedOn.status).toBe(403);
    expect(await passedOn.json()).toMatchObject({ code: 'OTHER_TOKEN' });
    expect((await register(service, others.token, await newKey())).status).toBe(200);
    expect((await register(service, own.token, key)).status).toBe(200);
  });

  test('is answered for itself alone', async () => {
    const { token, pins } = await createAgent(service, 'apimanager', 'answered');
    const key = await newKey();
    const [first, second] = [await registrationRequest(token, key), await registrationRequest(token, key)];
    const answer: unknown = await (await register(service, token, key, first)).json();
    expect(() => verifyRegistration(answer, second, pins)).toThrow(
      expect.objectContaining({
        code: 'REGISTRATION_NOT_OURS',
      }),
    );
    expect(verifyRegistration(answer, first, pins).environment.name).toBe('apimanager');
  });
});

describe('pulling', () => {
  test('gives the whole set, a delta from any revision of the log, or nothing new; the digest is of the result', async () => {
    await createEnvironment(service, 'pulled');
    const agent = await TestAgent.enroll(service, 'pulled', 'puller');
    const scope = { installation: agent.registration.installation, environment: agent.registration.environment.id };
    const sets = [EMPTY_SET];
    const made: string[] = [];
    for (let i = 0; i < 12; i++) {
      if (i % 4 === 3) {
        await deleteCertificate(service, { id: made.shift(), expectedVersion: 1 });
      } else {
        const definitions = [pasted(['pulled'], `alias-${i % 5}-${i}`, makeCertificate().pem)];
        made.push((await createCertificate(service, { name: `pulled-${i}`, definitions })).certificate!.id);
      }
      const { message, statement } = await agent.pull();
      expect(message.from).toBeNull();
      const set = applyDelta(EMPTY_SET, message);
      expect(digestOf(scope, set)).toBe(statement.digest);
      expect(statement).toMatchObject({ ...scope, epoch: 1, revision: i + 1 });
      sets.push(set);
    }
    for (let revision = 0; revision <= 12; revision++) {
      const { message, statement } = await agent.pull({ epoch: 1, revision });
      expect(message.from).toEqual({ epoch: 1, revision });
      expect(digestOf(scope, applyDelta(sets[revision]!, message))).toBe(statement.digest);
    }
    expect((await agent.pull({ epoch: 1, revision: 12 })).message).toMatchObject({ upserts: [], removals: [] });
  });

  test('from a position that the log does not have gives the whole set', async () => {
    const agent = await TestAgent.enroll(service, 'apimanager', 'strange');
    for (const position of [
      { epoch: 1, revision: 999 },
      { epoch: 2, revision: 1 },
      { epoch: 0, revision: 0 },
    ])
      expect((await agent.pull(position)).message.from).toBeNull();
  });

  test('compresses for who asks, and not for who does not', async () => {
    const agent = await TestAgent.enroll(service, 'apimanager', 'plain');
    const raw = async (headers: Record<string, string>) =>
      new Promise<{ encoding: string | undefined; body: Buffer }>((resolve) => {
        request(
          `${service.url}${agentPaths.set('apimanager')}`,
          { headers: { authorization: `Bearer ${agent.token}`, ...headers } },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('end', () =>
              resolve({ encoding: response.headers['content-encoding'], body: Buffer.concat(chunks) }),
            );
          },
        ).end();
      });
    const plain = await raw({});
    const compressed = await raw({ 'accept-encoding': 'gzip' });
    expect([plain.encoding, compressed.encoding]).toEqual([undefined, 'gzip']);
    expect(agent.read(gunzipSync(compressed.body)).message.upserts).toEqual(agent.read(plain.body).message.upserts);
  });

  test('is for the own environment alone', async () => {
    const agent = await TestAgent.enroll(service, 'apimanager', 'curious');
    for (const path of [agentPaths.set('pulled'), agentPaths.heartbeat('pulled')]) {
      const response = await agent.request(path);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: 'OTHER_ENVIRONMENT' });
    }
    expect((await fetch(`${service.url}${agentPaths.set('apimanager')}`)).status).toBe(401);
    const bad = await agent.request(`${agentPaths.set('apimanager')}?after=1.x`);
    expect(await bad.json()).toMatchObject({ status: 400, code: 'MALFORMED' });
  });

  test('the heartbeat is the current statement, signed now', async () => {
    const agent = await TestAgent.enroll(service, 'apimanager', 'listener');
    const before = Date.now();
    const response = await agent.request(agentPaths.heartbeat('apimanager'));
    const { message, statement } = agent.read(Buffer.from(await response.arrayBuffer()));
    expect(message).toMatchObject({ from: { epoch: 1, revision: statement.revision }, upserts: [], removals: [] });
    expect(statement.issuedAt).toBeGreaterThanOrEqual(before - 1_000);
  });

  test('while the set changes: every answer is one revision, whole', async () => {
    await createEnvironment(service, 'moving');
    // Enough of them that none asks too often.
    const names = Array.from({ length: 8 }, (_, i) => `watcher-${i}`);
    const agents = await Promise.all(names.map((name) => TestAgent.enroll(service, 'moving', name)));
    const { installation, environment } = agents[0]!.registration;
    const scope = { installation, environment: environment.id };
    const progress = { busy: true };
    const writing = Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        createCertificate(service, {
          name: `moving-${i}`,
          definitions: [pasted(['moving'], `moving-${i}`, makeCertificate().pem)],
        }),
      ),
    ).finally(() => (progress.busy = false));
    let pulls = 0;
    while (progress.busy) {
      const { message, statement } = await agents[pulls % agents.length]!.pull();
      expect(digestOf(scope, applyDelta(EMPTY_SET, message))).toBe(statement.digest);
      expect(message.upserts).toHaveLength(statement.revision);
      pulls++;
    }
    await writing;
    expect(pulls).toBeGreaterThan(0);
  });
});
