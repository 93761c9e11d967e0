import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { createToken } from '../support/api-tokens.js';
import { warnOfExpiringTokens } from '../../src/features/identity/warn-of-expiring-tokens.js';
import { openDatabase } from '../../src/platform/postgres/database.js';
import { until } from '../support/harness.js';
import { leaderPid } from '../support/leader-pid.js';
import { createEnvironment } from '../support/mutations.js';
import { ask } from '../support/service-process.js';
import { subscriptionClient } from '../support/subscription-client.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const ME = '{ me { name actor expiresAt grants { permission environments } } }';
const REVOKE = `mutation ($id: ID!) { revokeApiToken(input: { id: $id }) {
  apiToken { revokedAt revokedBy } userErrors { code field } } }`;
const CREATE = `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) {
  token apiToken { id name hint permissions environments createdBy expiresAt lastUsedAt revokedAt }
  userErrors { code field message } } }`;

interface Created {
  readonly createApiToken: {
    readonly token: string | null;
    readonly apiToken: { readonly id: string; readonly hint: string } | null;
    readonly userErrors: readonly { readonly code: string; readonly field: readonly string[] }[];
  };
}

describe('an API token', () => {
  test('has a prefix and a checksum, and only its hash is stored', async () => {
    const { token, id } = await createToken(service, { permissions: ['VIEW'] });
    expect(token).toMatch(/^tca_[0-9A-Za-z]{49}$/);
    const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    const checksum = Array.from(token.slice(-6)).reduce((value, digit) => value * 62 + digits.indexOf(digit), 0);
    expect(checksum).toBe(crc32(token.slice(0, -6)));
    const { rows } = await harness.sql.query<{ token_sha256: Buffer }>('SELECT * FROM api_tokens WHERE id = $1', [id]);
    expect(rows[0]?.token_sha256.toString('hex')).toBe(createHash('sha256').update(token).digest('hex'));
    expect(JSON.stringify(rows)).not.toContain(token.slice(12));
    expect(service.output()).not.toContain(token.slice(12));
  });

  test('with another checksum is refused', async () => {
    const { token } = await createToken(service, { permissions: ['VIEW'] });
    const mistyped = token.slice(0, -1) + (token.endsWith('0') ? '1' : '0');
    expect((await ask(service.url, mistyped, ME)).status).toBe(401);
  });

  test('is listed with who made it, when it ends and when it was used last, and never with its secret', async () => {
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    const made = await createToken(service, { name: 'listed', permissions: ['VIEW', 'EXPORT'], expiresAt });
    await made.ask(ME);
    const list = `{ apiTokens { totalCount nodes { id name hint permissions environments createdBy expiresAt lastUsedAt } } }`;
    const { data } = await until(
      () => service.graphql(list),
      ({ data: read }) => /"name":"listed"[^}]*"lastUsedAt":"/.test(JSON.stringify(read)),
    );
    const { nodes } = (data as { apiTokens: { nodes: { id: string }[] } }).apiTokens;
    expect(nodes.find(({ id }) => id === made.id)).toMatchObject({
      name: 'listed',
      hint: made.token.slice(0, 10),
      permissions: ['VIEW', 'EXPORT'],
      environments: null,
      createdBy: expect.stringMatching(/^token:admin:/) as unknown,
      expiresAt,
    });
    expect(JSON.stringify(data)).not.toContain(made.token.slice(12));
  });

  test('says of itself what it may', async () => {
    await createEnvironment(service, 'ours');
    const { ask: askAs } = await createToken(service, {
      name: 'mine',
      permissions: ['DEPLOY'],
      environments: ['ours'],
    });
    expect((await askAs(ME)).data).toEqual({
      me: {
        name: 'mine',
        actor: expect.stringMatching(/^token:mine:/) as unknown,
        expiresAt: null,
        grants: [{ permission: 'DEPLOY', environments: ['ours'] }],
      },
    });
  });

  test('opens nothing any more once it has expired', async () => {
    const { ask: askAs } = await createToken(service, {
      permissions: ['VIEW'],
      expiresAt: new Date(Date.now() + 3_000).toISOString(),
    });
    expect((await askAs(ME)).status).toBe(200);
    await delay(3_000);
    const { status } = await until(
      () => askAs(ME),
      (answer) => answer.status === 401,
      { timeoutMs: 2_000 },
    );
    expect(status).toBe(401);
  });

  test('is the same one for a retry, and none for another request with its key', async () => {
    const input = { name: 'once', permissions: ['VIEW'], idempotencyKey: 'once' };
    const [first, second] = [
      await service.query<Created>(CREATE, { input }),
      await service.query<Created>(CREATE, { input }),
    ];
    expect(first.createApiToken.token).toMatch(/^tca_/);
    expect(second).toEqual(first);
    const other = await service.query<Created>(CREATE, { input: { ...input, permissions: ['ADMIN'] } });
    expect(other.createApiToken).toMatchObject({ token: null, userErrors: [{ code: 'IDEMPOTENCY_KEY_REUSED' }] });
  });

  test.each([
    ['no permission', { permissions: [] }, 'permissions'],
    ['an empty list of environments', { environments: [] }, 'environments'],
    ['an environment that does not exist', { environments: ['nowhere'] }, 'environments'],
    ['an environment that nobody can name so', { environments: ['a\0b'] }, 'environments'],
    ['an end in the past', { expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
    ['no name', { name: ' ' }, 'name'],
  ])('is not made with %s', async (_what, broken, field) => {
    const input = { name: 'broken', permissions: ['VIEW'], ...broken };
    const { createApiToken } = await service.query<Created>(CREATE, { input });
    expect(createApiToken).toMatchObject({ token: null, apiToken: null, userErrors: [{ field: [field] }] });
  });

  test('of a deleted environment does nothing there, nor in one that is made with its name', async () => {
    await createEnvironment(service, 'gone');
    const { ask: askAs } = await createToken(service, { permissions: ['VIEW'], environments: ['gone'] });
    expect((await askAs('{ environment(name: "gone") { name } }')).data).toEqual({ environment: { name: 'gone' } });
    await service.query('mutation { deleteEnvironment(input: { name: "gone" }) { userErrors { code } } }');
    await createEnvironment(service, 'gone');
    const { errors } = await until(
      () => askAs('{ environment(name: "gone") { name } }'),
      (answer) => answer.errors !== undefined,
      { timeoutMs: 3_000 },
    );
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });
});

describe('an API token that expires within 14 days', () => {
  const DAY_MS = 86_400_000;
  const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

  test('is logged once, and again by nobody; one that is revoked, or ends later, is not', async () => {
    const database = await openDatabase(harness.databaseUrl);
    const lines: unknown[] = [];
    const log = { warn: (_message: string, fields?: object) => void lines.push(fields) };
    // By a clock ahead of the service's own, which looks too.
    const look = () => warnOfExpiringTokens(database, new Date(Date.now() + 100 * DAY_MS), log);
    const soon = await createToken(service, { name: 'soon', permissions: ['VIEW'], expiresAt: inDays(113) });
    await createToken(service, { name: 'later', permissions: ['VIEW'], expiresAt: inDays(115) });
    const gone = await createToken(service, { name: 'gone', permissions: ['VIEW'], expiresAt: inDays(110) });
    await service.query(REVOKE, { id: gone.id });
    expect((await Promise.all([look(), look()])).reduce((sum, number) => sum + number)).toBe(1);
    expect(await look()).toBe(0);
    await database.close();
    expect(lines).toEqual([expect.objectContaining({ code: 'API_TOKEN_EXPIRES_SOON', id: soon.id, name: 'soon' })]);
    expect(JSON.stringify(lines)).not.toContain(soon.token.slice(0, 12));
  });

  test('is shown as such in the list and in metrics, and its holder is told with each answer', async () => {
    const expiresAt = inDays(13);
    const soon = await createToken(service, { name: 'ends', permissions: ['VIEW'], expiresAt });
    const late = await createToken(service, { name: 'lasts', permissions: ['VIEW'], expiresAt: inDays(15) });
    const told = async (token: string) => {
      const body = JSON.stringify({ query: ME });
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      return (await fetch(`${service.url}/graphql`, { method: 'POST', headers, body })).headers.get(
        'trustcast-token-expires',
      );
    };
    expect([await told(soon.token), await told(late.token)]).toEqual([expiresAt, null]);
    const { apiTokens } = await service.query<{ apiTokens: { nodes: { id: string; expiresSoon: boolean }[] } }>(
      '{ apiTokens { nodes { id expiresSoon } } }',
    );
    const isSoon = (id: string) => apiTokens.nodes.find((node) => node.id === id)?.expiresSoon;
    expect([isSoon(soon.id), isSoon(late.id)]).toEqual([true, false]);
    const { rows } = await harness.sql.query<{ number: string }>(
      `SELECT count(*)::text AS number FROM api_tokens
       WHERE revoked_at IS NULL AND expires_at BETWEEN now() AND now() + interval '14 days'`,
    );
    expect(Number(rows[0]?.number)).toBeGreaterThan(0);
    await until(
      async () => (await fetch(`${service.url}/metrics`)).text(),
      (text) => text.includes(`trustcast_api_tokens_ending{within_days="14"} ${rows[0]?.number}\n`),
    );
  });

  test('is looked for by the leader, each minute and when it begins', async () => {
    await createToken(service, { name: 'told-by-leader', permissions: ['VIEW'], expiresAt: inDays(1) });
    const pid = await until(() => leaderPid(harness.sql), Boolean);
    await harness.sql.query('SELECT pg_terminate_backend($1)', [pid]);
    const line = /"code":"API_TOKEN_EXPIRES_SOON"[^\n]*"name":"told-by-leader"/;
    await until(
      () => Promise.resolve(service.output()),
      (output) => line.test(output),
    );
  });
});

describe('a stolen API token', () => {
  test('that is revoked is refused by every process within two seconds, over HTTP and WebSocket, and leaves a trace', async () => {
    const other = await harness.start();
    const { id, token } = await createToken(service, { name: 'stolen', permissions: ['VIEW'] });
    const processes = [service, other];
    const feeds = processes.map((each) =>
      subscriptionClient(harness, each, token).iterate({
        query: 'subscription { latestDeployment(environment: "apimanager") { id } }',
      }),
    );
    const ended = feeds.map(async (feed) => {
      while (!(await feed.next()).done);
    });
    await Promise.all(processes.map(async ({ url }) => expect((await ask(url, token, ME)).status).toBe(200)));
    const { revokeApiToken } = await service.query<{ revokeApiToken: object }>(REVOKE, { id });
    const at = performance.now();
    expect(revokeApiToken).toMatchObject({
      apiToken: { revokedBy: expect.stringMatching(/^token:admin:/) as unknown },
      userErrors: [],
    });
    for (const { url } of processes)
      await until(
        () => ask(url, token, ME),
        ({ status }) => status === 401,
      );
    await Promise.all(ended.map((feed) => expect(feed).rejects.toMatchObject({ code: 4403 })));
    process.stdout.write(`revoked everywhere after ${Math.round(performance.now() - at)} ms\n`);
    const { data } = await service.graphql(
      '{ audit(first: 1, filter: { action: "revokeApiToken" }) { nodes { action before } } }',
    );
    expect(data).toMatchObject({ audit: { nodes: [{ action: 'revokeApiToken', before: { id, name: 'stolen' } }] } });
  });

  test('is revoked again without a change, and one that does not exist is said to be none', async () => {
    const { id } = await createToken(service, { permissions: ['VIEW'] });
    const [first, second] = [await service.graphql(REVOKE, { id }), await service.graphql(REVOKE, { id })];
    expect(second.data).toEqual(first.data);
    const { data } = await service.graphql(REVOKE, { id: '3d1a4b3e-8c5f-4d4e-9a52-0d8f6a1b2c3d' });
    expect(data).toMatchObject({
      revokeApiToken: { apiToken: null, userErrors: [{ code: 'API_TOKEN_NOT_FOUND', field: ['id'] }] },
    });
  });
});
