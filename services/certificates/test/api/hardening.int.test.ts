import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { madeIn } from '@trustcast/dev/jest/made-in.mjs';
import { createToken } from '../support/api-tokens.js';
import { subscriptionClient } from '../support/subscription-client.js';
import { TestAgent } from '../support/test-agent.js';
import { useHarness } from '../support/use-harness.js';

const CONSOLE = 'https://console.example';
const METRICS_TOKEN = 'of-the-metrics';
/** In ten seconds; the setting is for one. */
const LIMIT = 100;
const REFUSED = 5;

const DOORS = [
  ['POST', '/graphql'],
  ['POST', '/uploads/parse'],
  ['GET', '/export'],
  ['GET', '/agent/v1/environments/apimanager/heartbeat'],
] as const;

const harness = useHarness();
const service = madeIn(beforeAll, () =>
  harness.start({
    TRUSTCAST_CORS_ORIGINS: CONSOLE,
    TRUSTCAST_METRICS_TOKEN: METRICS_TOKEN,
    TRUSTCAST_RATE_LIMIT: String(LIMIT / 10),
    TRUSTCAST_REFUSED_RATE_LIMIT: String(REFUSED),
    TRUSTCAST_INTROSPECTION: 'false',
  }),
);

interface Asked {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** An address of this machine. */
  readonly from?: string;
}

async function send(path: string, { method = 'GET', token, headers = {}, body, from = '127.0.0.1' }: Asked = {}) {
  const asked = request(new URL(path, service.url), {
    method,
    localAddress: from,
    agent: false,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      'content-type': 'application/json',
      ...headers,
    },
  });
  asked.end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, text: await text(answer) };
}

const query = (words: string, asked: Asked = {}) =>
  send('/graphql', { method: 'POST', token: service.token, body: JSON.stringify({ query: words }), ...asked });
const guess = (from: string, token = randomBytes(24).toString('base64url')) =>
  query('{ me { name } }', { from, token });
const waitOf = ({ headers }: { headers: Record<string, unknown> }) => Number(headers['retry-after']);

describe('every answer keeps browsers from showing or running it:', () => {
  test.each([
    ['one of the API', () => query('{ me { name } }'), 200],
    ['one without a token', () => query('{ me { name } }', { token: '' }), 401],
    ['one of health', () => send('/healthz'), 200],
    ['what is not there', () => send('/nothing'), 404],
    ['a method that is not there', () => send('/graphql', { method: 'DELETE' }), 405],
  ])('%s', async (_what, ask, status) => {
    const answer = await ask();
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'content-security-policy': expect.stringContaining("default-src 'none'") as unknown,
    });
    expect(answer.headers['strict-transport-security']).toBeUndefined();
  });
});

describe('a page of another origin', () => {
  const preflight = (origin: string, path = '/graphql') =>
    send(path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });

  test('that is named may ask, and read answers', async () => {
    for (const path of ['/graphql', '/uploads/parse', '/export']) {
      const asked = await preflight(CONSOLE, path);
      expect(asked.status).toBe(204);
      expect(asked.headers).toMatchObject({
        'access-control-allow-origin': CONSOLE,
        'access-control-allow-headers': expect.stringContaining('authorization') as unknown,
      });
    }
    const answer = await query('{ me { name } }', { headers: { origin: CONSOLE } });
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': CONSOLE,
      vary: expect.stringMatching(/origin/i) as unknown,
    });
  });

  test.each(['https://other.example', 'null', 'https://console.example.evil'])('%s may not', async (origin) => {
    expect((await preflight(origin)).headers['access-control-allow-origin']).toBeUndefined();
    const answer = await query('{ me { name } }', { headers: { origin } });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
  });
});

describe('metrics', () => {
  test('are read with their token, and with no other', async () => {
    const read = await send('/metrics', { token: METRICS_TOKEN });
    expect([read.status, read.text.includes('trustcast_relay_leader')]).toEqual([200, true]);
    for (const token of [undefined, '', 'of-the-metrics2', service.token]) {
      const answer = await send('/metrics', token === undefined ? {} : { token });
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    }
    expect((await query('{ me { name } }', { token: METRICS_TOKEN })).status).toBe(401);
  });
});

describe('what the schema is', () => {
  const asked = '{ __schema { types { name } } }';
  test('is not told where the settings say so, over HTTP and WebSocket', async () => {
    expect((await query(asked)).text).toMatch(/introspection/i);
    const results = subscriptionClient(harness, service).iterate({ query: asked });
    await expect(results.next()).rejects.toContainEqual(
      expect.objectContaining({ message: expect.stringMatching(/introspection/) as unknown }),
    );
  });

  test('the name of a type is', async () => {
    expect((await query('{ __typename }')).text).toContain('"__typename":"Query"');
  });
});

describe('a subscription that asks for too much is refused as a query is:', () => {
  const aliases = Array.from({ length: 31 }, (_, index) => `a${index}: __typename`).join(' ');
  test.each([
    [
      'with too many aliases',
      `subscription { latestDeployment(environment: "apimanager") { ${aliases} } }`,
      /aliases is 31/,
    ],
    [
      'by an alias of itself',
      `subscription { ${Array.from({ length: 31 }, (_, n) => `a${n}: latestDeployment(environment: "apimanager") { id }`).join(' ')} }`,
      /./,
    ],
    [
      'with too long a text',
      `subscription { latestDeployment(environment: "apimanager") { ${'id '.repeat(6_000)} } }`,
      /tokens|fields/,
    ],
  ])('%s', async (_what, words, message) => {
    const results = subscriptionClient(harness, service).iterate({ query: words });
    const failed: unknown = await results.next().then(
      ({ value }) => (value as { errors?: unknown }).errors,
      (error: unknown) => error,
    );
    expect(failed).toMatchObject([{ message: expect.stringMatching(message) as unknown }]);
  });
});

describe('who guesses tokens', () => {
  test('is told to wait before the database is asked, at every door; who has a token is let in beside him', async () => {
    const from = '127.0.0.9';
    expect((await query('{ me { name } }', { from })).status).toBe(200);
    const agent = await TestAgent.enroll(service, 'apimanager', 'beside');
    const own = await createToken(service, { permissions: ['VIEW'] });
    for (let number = 0; number < REFUSED; number += 1) expect((await guess(from)).status).toBe(401);
    const lock = await harness.sql.connect();
    await lock.query('BEGIN');
    // Whoever asks the database whose a token is waits from here on.
    await lock.query('LOCK TABLE api_tokens, agents IN ACCESS EXCLUSIVE MODE');
    for (const [method, door] of DOORS) {
      const answer = await send(door, { from, method, token: `guess-at-${method}` });
      expect([answer.status, waitOf(answer) > 0]).toEqual([429, true]);
    }
    await lock.query('ROLLBACK');
    lock.release();
    // Known from before, and from elsewhere.
    expect((await query('{ me { name } }', { from })).status).toBe(200);
    expect((await query('{ me { name } }', { from, token: own.token })).status).toBe(429);
    expect((await own.ask('{ me { name } }')).status).toBe(200);
    expect((await query('{ me { name } }', { from, token: own.token })).status).toBe(200);
    expect((await agent.pull()).statement).toBeDefined();
    expect((await guess('127.0.0.10')).status).toBe(401);
  });
});

test('who asks too often is told to wait, over HTTP and WebSocket, and nobody else is', async () => {
  const hurried = await createToken(service, { permissions: ['VIEW'] });
  // However the header is written.
  const answers = await Promise.all(
    Array.from({ length: LIMIT + 50 }, (_each, index) =>
      query('{ me { name } }', {
        headers: { authorization: `${index % 2 ? 'Bearer' : 'bearer'}${' '.repeat(1 + index)}${hurried.token}` },
      }),
    ),
  );
  const refused = answers.filter(({ status }) => status === 429);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(LIMIT);
  expect(refused).toHaveLength(50);
  expect(refused.every((answer) => waitOf(answer) > 0)).toBe(true);
  const results = subscriptionClient(harness, service, hurried.token).iterate({ query: '{ me { name } }' });
  await expect(results.next()).rejects.toMatchObject({ code: 1013 });
  expect((await query('{ me { name } }')).status).toBe(200);
  const counted = (await send('/metrics', { token: METRICS_TOKEN })).text;
  expect(counted).toMatch(/trustcast_rate_limited_requests_total\{limit="token"\} [1-9]/);
  expect(counted).toMatch(/trustcast_rate_limited_requests_total\{limit="address"\} [1-9]/);
});
