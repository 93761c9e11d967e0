import { describe, expect, test } from '@jest/globals';
import { agentPaths, parseEnrollmentToken, verifyRegistration } from '@trustcast/schema';
import { createToken } from '../support/api-tokens.js';
import { type EnrollOptions, createEnrollmentToken, enroll, enrollment } from '../support/enroll.js';
import { createEnvironment } from '../support/mutations.js';
import { TestAgent, createAgent, register } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const REVOKE = `mutation ($id: ID!) { payload: revokeEnrollmentToken(input: { id: $id }) {
  enrollmentToken { revokedAt } userErrors { code } } }`;
let serial = 0;
const name = () => `host-${++serial}`;
const fresh = async (said: EnrollOptions['said'] = {}): Promise<EnrollOptions> => ({
  key: await TestAgent.newKey(),
  said: { name: name(), ...said },
});

async function refusal(response: Response): Promise<{ status: number; code: string; detail: string }> {
  const { code, detail } = (await response.json()) as { code: string; detail: string };
  return { status: response.status, code, detail };
}

async function agents(): Promise<{ id: string; name: string; state: string }[]> {
  const { page } = await service.query<{ page: { nodes: { id: string; name: string; state: string }[] } }>(
    '{ page: agents(environment: "apimanager", first: 200) { nodes { id name state } } }',
  );
  return page.nodes;
}

describe('a host that enrolls', () => {
  test('sends no secret, is registered with the key that it made, and stored without a token', async () => {
    const { token, enrollmentToken } = await createEnrollmentToken(service);
    const { key, said } = await fresh();
    const { request, body, headers } = await enrollment(token, { key, said: said ?? {} });
    expect(JSON.stringify({ body, headers })).not.toContain(token.slice(4, 47));
    const response = await fetch(`${service.url}${agentPaths.enroll}`, { method: 'POST', body, headers });
    const { pin } = parseEnrollmentToken(token);
    const registration = verifyRegistration(await response.json(), request, [pin]);
    expect(registration.environment.name).toBe('apimanager');
    const { rows } = await harness.sql.query('SELECT token_sha256, enrolled_with, name FROM agents WHERE id = $1', [
      registration.agent,
    ]);
    expect(rows).toEqual([{ token_sha256: null, enrolled_with: enrollmentToken.id, name: said?.name }]);
    const { data } = await service.graphql(
      '{ audit(filter: { action: "enrollAgent" }, first: 1) { nodes { actor after environments } } }',
    );
    expect(data).toMatchObject({
      audit: { nodes: [{ actor: `enrollment:${enrollmentToken.id}`, after: { name: said?.name } }] },
    });
  });

  test('and asks again, as after a lost answer, is the same agent and uses the token once', async () => {
    const { token } = await createEnrollmentToken(service);
    const options = await fresh();
    expect((await enroll(service, token, options)).status).toBe(200);
    const before = await agents();
    expect((await enroll(service, token, options)).status).toBe(200);
    expect(await agents()).toEqual(before);
    expect(await refusal(await enroll(service, token, await fresh()))).toMatchObject({
      status: 403,
      code: 'ENROLLMENT_TOKEN_USED_UP',
    });
  });

  test('shares a token with as many hosts as it has uses, also where all of them come at once', async () => {
    const { token, enrollmentToken } = await createEnrollmentToken(service, { uses: 3 });
    const hosts = await Promise.all(Array.from({ length: 6 }, () => fresh()));
    const answers = await Promise.all(hosts.map((options) => enroll(service, token, options)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 403, 403, 403]);
    const { page } = await service.query<{ page: { nodes: { id: string; used: number }[] } }>(
      '{ page: enrollmentTokens(environment: "apimanager") { nodes { id used } } }',
    );
    expect(page.nodes.find(({ id }) => id === enrollmentToken.id)?.used).toBe(3);
  });

  test('although it has an agent with a token keeps that agent, and the token ends', async () => {
    const legacy = await createAgent(service, 'apimanager', name());
    const key = await TestAgent.newKey();
    expect((await register(service, legacy.token, key)).status).toBe(200);
    const { token } = await createEnrollmentToken(service);
    expect((await enroll(service, token, { key })).status).toBe(200);
    expect(await refusal(await register(service, legacy.token, key))).toMatchObject({ status: 401 });
    const { rows } = await harness.sql.query('SELECT token_sha256 FROM agents WHERE id = $1', [legacy.agent?.id]);
    expect(rows).toEqual([{ token_sha256: null }]);
  });

  test('anew after reenrollAgent is the agent of that name again, with another key', async () => {
    const [first, second] = [await fresh(), await TestAgent.newKey()];
    const { token } = await createEnrollmentToken(service, { uses: 2 });
    await enroll(service, token, first);
    const options = { key: second, said: first.said ?? {} };
    expect(await refusal(await enroll(service, token, options))).toMatchObject({ status: 409, code: 'NAME_TAKEN' });
    const known = (await agents()).find((agent) => agent.name === first.said?.name);
    await service.query('mutation ($id: ID!) { reenrollAgent(input: { id: $id }) { userErrors { code } } }', {
      id: known?.id,
    });
    expect((await enroll(service, token, options)).status).toBe(200);
    expect((await agents()).find((agent) => agent.name === first.said?.name)?.id).toBe(known?.id);
  });
});

describe('a host does not enroll', () => {
  test.each<[string, (token: string) => Promise<Response>, number, string]>([
    [
      'with a clock that is off',
      async (token) => enroll(service, token, { ...(await fresh()), now: Date.now() - 400_000 }),
      401,
      'CLOCK_SKEW',
    ],
    [
      'in another environment than it is set up for',
      async (token) => enroll(service, token, await fresh({ environment: 'edge' })),
      409,
      'ENVIRONMENT_MISMATCH',
    ],
    [
      'by a request for another token',
      async (token) => enroll(service, token, await fresh({ token: 'A'.repeat(43) })),
      403,
      'OTHER_TOKEN',
    ],
    ['with a name of nothing', async (token) => enroll(service, token, await fresh({ name: '' })), 400, 'MALFORMED'],
    [
      'by a body that was exchanged',
      async (token) => {
        const [{ headers }, { body }] = [
          await enrollment(token, await fresh()),
          await enrollment(token, await fresh()),
        ];
        return fetch(`${service.url}${agentPaths.enroll}`, { method: 'POST', body, headers });
      },
      400,
      'CONTENT_DIGEST_MISMATCH',
    ],
    [
      'without a signature',
      async (token) =>
        fetch(`${service.url}${agentPaths.enroll}`, { method: 'POST', headers: { authorization: `Bearer ${token}` } }),
      401,
      'UNAUTHENTICATED',
    ],
  ])('%s, and nothing is used of the token', async (_what, send, status, code) => {
    const { token } = await createEnrollmentToken(service);
    expect(await refusal(await send(token))).toMatchObject({ status, code });
    expect((await enroll(service, token, await fresh())).status).toBe(200);
  });

  test('with a token that was revoked, is expired, or of another installation; each is said', async () => {
    const revoked = await createEnrollmentToken(service);
    expect(await service.query(REVOKE, { id: revoked.enrollmentToken.id })).toMatchObject({
      payload: { enrollmentToken: { revokedAt: expect.any(String) as unknown }, userErrors: [] },
    });
    expect(await refusal(await enroll(service, revoked.token, await fresh()))).toMatchObject({
      status: 403,
      code: 'ENROLLMENT_TOKEN_REVOKED',
      detail: expect.stringContaining('createEnrollmentToken') as unknown,
    });
    const expired = await createEnrollmentToken(service);
    await harness.sql.query(`UPDATE enrollment_tokens SET expires_at = now() - interval '1 second' WHERE id = $1`, [
      expired.enrollmentToken.id,
    ]);
    expect(await refusal(await enroll(service, expired.token, await fresh()))).toMatchObject({
      status: 403,
      code: 'ENROLLMENT_TOKEN_EXPIRED',
    });
    const unknown = await createEnrollmentToken(service);
    await harness.sql.query('DELETE FROM enrollment_tokens WHERE id = $1', [unknown.enrollmentToken.id]);
    expect(await refusal(await enroll(service, unknown.token, await fresh()))).toMatchObject({
      status: 401,
      code: 'ENROLLMENT_TOKEN_UNKNOWN',
    });
  });

  test('by a request that was recorded, with the key of somebody else', async () => {
    const { token } = await createEnrollmentToken(service, { uses: 2 });
    const { headers, body } = await enrollment(token, await fresh());
    const send = () => fetch(`${service.url}${agentPaths.enroll}`, { method: 'POST', body, headers });
    expect((await send()).status).toBe(200);
    expect(await refusal(await send())).toMatchObject({ status: 401, code: 'REQUEST_REPLAYED' });
  });
});

describe('an enrollment token', () => {
  test('is stored as a public key, and in no log', async () => {
    const { token, enrollmentToken } = await createEnrollmentToken(service);
    const { rows } = await harness.sql.query('SELECT * FROM enrollment_tokens WHERE id = $1', [enrollmentToken.id]);
    expect(rows).toMatchObject([{ key_id: parseEnrollmentToken(token).publicKey.x, hint: token.slice(0, 10) }]);
    expect(JSON.stringify(rows) + service.output()).not.toContain(token.slice(12, 40));
  });

  test('is the same one for a retry', async () => {
    const input = { idempotencyKey: 'enroll-once' };
    expect(await createEnrollmentToken(service, input)).toEqual(await createEnrollmentToken(service, input));
  });

  test.each([
    ['no use', { uses: 0 }, 'uses'],
    ['an end in the past', { expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    ['an end in a year', { expiresAt: new Date(Date.now() + 365 * 86_400_000).toISOString() }, 'expiresAt'],
    ['an environment that does not exist', { environment: 'nowhere' }, 'environment'],
  ])('is not made with %s', async (_what, input, field) => {
    expect(await createEnrollmentToken(service, input)).toMatchObject({
      token: null,
      enrollmentToken: null,
      userErrors: [{ field: [field] }],
    });
  });

  test('is made, listed and revoked with MANAGE in its environment, and nowhere else', async () => {
    await createEnvironment(service, 'theirs');
    const caller = await createToken(service, { permissions: ['MANAGE', 'VIEW'], environments: ['theirs'] });
    const query = async <T>(text: string, variables?: object): Promise<T> =>
      (await caller.ask(text, variables)).data as T;
    const own = await createEnrollmentToken({ query }, { environment: 'theirs' });
    expect(own.userErrors).toEqual([]);
    const list = (environment: string) =>
      caller.ask(`{ enrollmentTokens(environment: "${environment}") { totalCount nodes { id } } }`);
    expect((await list('theirs')).data).toEqual({
      enrollmentTokens: { totalCount: 1, nodes: [{ id: own.enrollmentToken.id }] },
    });
    expect((await list('apimanager')).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    const other = await createEnrollmentToken(service);
    expect((await caller.ask(REVOKE, { id: other.enrollmentToken.id })).data).toMatchObject({
      payload: { userErrors: [{ code: 'ENROLLMENT_TOKEN_NOT_FOUND' }] },
    });
    expect((await caller.ask(REVOKE, { id: own.enrollmentToken.id })).data).toMatchObject({
      payload: { userErrors: [] },
    });
    const viewer = await createToken(service, { permissions: ['VIEW'] });
    expect((await viewer.ask('{ enrollmentTokens(environment: "theirs") { totalCount } }')).errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN' } },
    ]);
  });
});
