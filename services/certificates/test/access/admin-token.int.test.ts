import { beforeAll, describe, expect, test } from '@jest/globals';
import { madeIn } from '@trustcast/dev/jest/made-in.mjs';
import { ask, runMain } from '../support/service-process.js';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness();
const service = madeIn(beforeAll, () => harness.start({ TRUSTCAST_API_TOKEN_MAX_DAYS: '30' }));
const run = (...words: string[]) => runMain(['create-admin-token', ...words], harness.environmentVariables);
const DAY_MS = 86_400_000;
const CREATE = `mutation ($input: CreateApiTokenInput!) { payload: createApiToken(input: $input) {
  token userErrors { code field message } } }`;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();
const create = async (expiresAt: string | null) =>
  service.query<{ payload: { token: string | null; userErrors: object[] } }>(CREATE, {
    input: { name: 'limited', permissions: ['VIEW'], expiresAt },
  });

describe('create-admin-token', () => {
  test('prints nothing but a token that may do everything for a day, whose hash alone is stored, and is audited', async () => {
    const { code, output } = await run('on call');
    const token = output.trim();
    expect([code, token]).toEqual([0, expect.stringMatching(/^tca_[0-9A-Za-z]{49}$/)]);
    const { data } = await ask(service.url, token, '{ me { name expiresAt grants { permission environments } } }');
    const { me } = data as {
      me: { name: string; expiresAt: string; grants: { environments: readonly string[] | null }[] };
    };
    expect(me.name).toBe('on call');
    expect(me.grants).toHaveLength(6);
    expect(me.grants.every(({ environments }) => environments === null)).toBe(true);
    const lastsMs = Date.parse(me.expiresAt) - Date.now();
    expect(lastsMs > DAY_MS - 120_000 && lastsMs <= DAY_MS).toBe(true);
    const { rows } = await harness.sql.query(`SELECT t::text FROM api_tokens t WHERE name = 'on call'`);
    expect(JSON.stringify(rows)).not.toContain(token.slice(12));
    const audit = await service.graphql('{ audit(filter: { action: "createApiToken" }) { nodes { actor after } } }');
    expect((audit.data as { audit: { nodes: object[] } }).audit.nodes[0]).toMatchObject({
      actor: 'service',
      after: { name: 'on call', permissions: expect.arrayContaining(['ADMIN']) as unknown },
    });
    expect(JSON.stringify(audit.data)).not.toContain(token.slice(12));
  });

  test('helps where every token is revoked, and its token makes others', async () => {
    await harness.sql.query('UPDATE api_tokens SET revoked_at = now()');
    const token = (await run()).output.trim();
    const { data } = await ask(service.url, token, CREATE, {
      input: { name: 'next', permissions: ['ADMIN'], expiresAt: inDays(1) },
    });
    expect(data).toMatchObject({ payload: { token: expect.stringMatching(/^tca_/) as unknown, userErrors: [] } });
    await harness.sql.query(`UPDATE api_tokens SET revoked_at = NULL WHERE name = 'admin'`);
  });

  test.each([
    [['one', 'two'], 'takes one argument, the name of the token'],
    [['x'.repeat(129)], 'the name of the token must have 1 to 128 characters'],
    [['--days'], 'has no option'],
  ])('with %j is refused with the rule, and makes no token', async (words, message) => {
    const count = async () => (await harness.sql.query('SELECT FROM api_tokens')).rowCount;
    const before = await count();
    expect(await run(...words)).toMatchObject({ code: 64, output: expect.stringContaining(message) as unknown });
    expect(await count()).toBe(before);
  });
});

describe('with TRUSTCAST_API_TOKEN_MAX_DAYS=30 a new token', () => {
  test.each([
    ['without an end', null],
    ['that ends after 31 days', inDays(31)],
  ])('%s is refused by the name of the setting', async (_what, expiresAt) => {
    const { payload } = await create(expiresAt);
    expect(payload).toMatchObject({
      token: null,
      userErrors: [
        { code: 'INVALID_INPUT', field: ['expiresAt'], message: expect.stringContaining('30 days') as unknown },
      ],
    });
  });

  test('of the first start ends after 30 days', async () => {
    const { rows } = await harness.sql.query<{ days: number }>(
      `SELECT extract(day FROM expires_at - created_at)::integer AS days FROM api_tokens WHERE name = 'admin'`,
    );
    expect(rows).toEqual([{ days: 30 }]);
  });

  test('that ends after 29 days is made', async () => {
    expect((await create(inDays(29))).payload).toMatchObject({ token: expect.any(String) as unknown, userErrors: [] });
  });
});
