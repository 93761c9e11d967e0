import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { trustcast } from './trustcast.js';

/** A service behind a proxy without WebSockets, which answers until it does not. */
let answers = 0;
const server = createServer((request, response) => {
  const json = (status: number, body: object) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (request.url === '/readyz')
    return json(503, {
      status: 'not ready',
      reasons: ['DATABASE_UNREACHABLE'],
      problems: [{ code: 'DATABASE_UNREACHABLE', cause: 'connect ECONNREFUSED 127.0.0.1:5432' }],
    });
  if (answers-- <= 0) return json(503, { code: 'UNAVAILABLE', detail: 'not available at the moment' });
  return json(200, { data: { environments: [{ name: 'apimanager' }], environment: { history: { nodes: [] } } } });
});
const settings = { TRUSTCAST_URL: '', TRUSTCAST_TOKEN: 'tca_token' };

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  settings.TRUSTCAST_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const CAUSE = 'DATABASE_UNREACHABLE: connect ECONNREFUSED 127.0.0.1:5432';

test.each([
  ['from the start', 0],
  ['after a while', 2],
])('watch says that the service answers 503, and why, where it does so %s', async (_when, count) => {
  answers = count;
  const { code, err } = await trustcast(['watch'], settings);
  expect(code).toBe(1);
  expect(err).toContain(`${settings.TRUSTCAST_URL} answered 503 (${CAUSE}): try again`);
  if (count > 0) expect(err).toContain(`the service answers 503: ${CAUSE}\n`);
});
