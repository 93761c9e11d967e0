import { describe, expect, test } from '@jest/globals';
import { rawConnection, readUntil, requestText } from '../support/raw-request.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);

const get = async (path: string) => (await fetch(`${service.url}${path}`)).text();
const transactions = async (): Promise<number> => {
  const { rows } = await harness.sql.query<{ calls: string }>(
    'SELECT xact_commit AS calls FROM pg_stat_database WHERE datname = current_database()',
  );
  return Number(rows[0]?.calls);
};

describe('who asks without a token', () => {
  test.each(['/metrics', '/readyz', '/environments/apimanager/jwks.json'])(
    '%s together with many others costs the database a fraction of so many transactions',
    async (path) => {
      await get(path);
      const before = await transactions();
      const answers = await Promise.all(Array.from({ length: 200 }, () => get(path)));
      expect(answers.every((text) => text.length > 10)).toBe(true);
      await harness.sql.query('SELECT pg_stat_force_next_flush()');
      expect((await transactions()) - before).toBeLessThan(100);
    },
  );

  test('with an address that cannot be read is answered as a problem that does not repeat it', async () => {
    const response = await fetch(`${service.url}/%zz?secret=1`);
    const text = await response.text();
    expect([response.status, response.headers.get('content-type')]).toEqual([
      400,
      expect.stringMatching('^application/problem.json'),
    ]);
    expect(text).not.toContain('zz');
  });
});

describe('a request with more headers than are read', () => {
  const SMUGGLED = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
  test.each([
    ['an Upgrade', { connection: 'Upgrade', upgrade: 'h2c' }, 1_990],
    ['an Upgrade', { connection: 'Upgrade', upgrade: 'h2c' }, 2_100],
    ['an Upgrade', { connection: 'Upgrade', upgrade: 'h2c' }, 130],
    ['no Upgrade', {}, 1_990],
    ['no Upgrade', {}, 2_100],
    ['no Upgrade', {}, 130],
  ])('and %s is refused, and nothing after it is answered', async (_what, headers, count) => {
    const socket = await rawConnection(service.url);
    const all = { ...headers, authorization: `Bearer ${service.token}`, 'content-type': 'text/plain' };
    const head = requestText('POST /graphql', all).toString().slice(0, -2);
    socket.write(`${head}${'a:b\r\n'.repeat(count)}content-length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`);
    const answer = await readUntil(socket, () => false);
    expect([...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['431']);
    socket.destroy();
  });

  test('than anybody sends is the only one that is refused', async () => {
    const headers = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`x-${index}`, 'b']));
    expect((await fetch(`${service.url}/healthz`, { headers })).status).toBe(200);
  });
});
