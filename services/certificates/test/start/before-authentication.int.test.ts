import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { rawConnection, readUntil, requestText } from '../support/raw-request.js';
import { residentBytes } from '../support/resident-bytes.js';
import { TestAgent } from '../support/test-agent.js';
import { subscriptionClient } from '../support/subscription-client.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const MB = 1_000_000;
const json = { 'content-type': 'application/json' };

/** The status of the answer to a request whose body does not come. */
async function statusOf(line: string, headers: Record<string, string | number>): Promise<number> {
  const socket = await rawConnection(service.url);
  socket.write(requestText(line, headers));
  const text = await readUntil(socket, (answer) => answer.includes('\r\n'));
  socket.destroy();
  return Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1]);
}

describe('a request is answered before a byte of its body:', () => {
  test.each([
    ['POST /graphql', 401],
    ['POST /uploads/parse', 401],
    ['POST /agent/v1/base', 401],
    ['POST /agent/v1/register', 401],
    ['POST /nothing', 404],
    ['PUT /graphql', 405],
    ['POST /healthz', 405],
    ['DELETE /export', 405],
    ['OPTIONS /graphql', 204],
    ['PROPFIND /graphql', 501],
  ])('%s with %i', async (line, status) => {
    for (const authorization of ['Bearer wrong', 'Basic eDp5', ''])
      for (const how of [{ 'content-length': 15 * MB }, { 'transfer-encoding': 'chunked' }])
        for (const type of [json, { 'content-type': 'multipart/form-data; boundary=x' }])
          expect(await statusOf(line, { authorization, ...type, ...how })).toBe(status);
  });

  test('who waits for 100 Continue is not asked for a body that nobody takes, and for another one is', async () => {
    const asked = (token: string) => ({
      authorization: `Bearer ${token}`,
      ...json,
      'content-length': 9,
      expect: '100-continue',
    });
    expect(await statusOf('POST /graphql', asked('wrong'))).toBe(401);
    expect(await statusOf('POST /graphql', asked(service.token))).toBe(100);
  });

  test('an agent’s token opens nothing of the administrators, nor theirs anything of the agents', async () => {
    const agent = await TestAgent.enroll(service, 'apimanager', 'host-1');
    const with_ = (token: string) => ({ authorization: `Bearer ${token}`, ...json, 'content-length': 15 * MB });
    expect(await statusOf('POST /graphql', with_(agent.token))).toBe(401);
    expect(await statusOf('POST /agent/v1/base', with_(service.token))).toBe(401);
  });
});

describe('bodies that do not end', () => {
  const begun = async (bytes: number, headers: object = { 'content-length': 40 * MB }): Promise<Socket> => {
    const socket = await rawConnection(service.url);
    socket.write(
      requestText(
        'POST /graphql',
        { authorization: `Bearer ${service.token}`, ...json, ...headers },
        ' '.repeat(bytes),
      ),
    );
    return socket;
  };

  test('hold a bounded part of the memory, and are ended; a small one is answered meanwhile', async () => {
    const before = residentBytes(service.pid);
    const sockets = await Promise.all(Array.from({ length: 40 }, () => begun(16 * MB)));
    const statuses = sockets.map(async (socket) => {
      const text = await readUntil(socket, (answer) => answer.includes('\r\n'));
      return text.slice(9, 12);
    });
    await delay(1_000);
    expect(await service.query('{ environments { name } }')).toMatchObject({ environments: [{}] });
    expect(residentBytes(service.pid) - before).toBeLessThan(300 * MB);
    const ended = await Promise.all(statuses);
    // One that is slow to read its answer is cut off before: what it still sends is not waited for.
    const told = ended.filter((status) => status !== '');
    expect(new Set(told)).toEqual(new Set(['503', '408']));
    expect(told.length).toBeGreaterThan(ended.length / 2);
    for (const socket of sockets) socket.destroy();
  });

  test('and are said to have 1, 100 or 65,536 bytes are ended, too', async () => {
    const statuses = [1, 100, 64 * 1024].map(async (bytes) => {
      const socket = await begun(0, { 'content-length': bytes });
      const text = await readUntil(socket, (answer) => answer.includes('\r\n'));
      socket.destroy();
      return text.slice(9, 12);
    });
    expect(await Promise.all(statuses)).toEqual(['408', '408', '408']);
  });

  test('of hosts take nothing from people, nor those of one person from another host', async () => {
    const agents = await Promise.all([1, 2, 3].map((n) => TestAgent.enroll(service, 'apimanager', `slow-${n}`)));
    const sockets = await Promise.all(
      agents.flatMap(({ token }) =>
        Array.from({ length: 300 }, async () => {
          const socket = await rawConnection(service.url);
          const headers = { authorization: `Bearer ${token}`, ...json, 'content-length': 64 * 1024 };
          socket.write(requestText('POST /agent/v1/base', headers, '{'));
          return socket;
        }),
      ),
    );
    await delay(500);
    expect(await service.query('{ environments { name } }')).toMatchObject({ environments: [{}] });
    const other = await TestAgent.enroll(service, 'apimanager', 'other');
    expect((await other.pull()).statement).toBeDefined();
    for (const socket of sockets) socket.destroy();
  });

  test('like a head that comes letter by letter, and like nothing at all, end', async () => {
    const written = ['GET /healthz HTTP/1.1\r\nx-slow: ', ''].map(async (begin) => {
      const socket = await rawConnection(service.url);
      if (begin.length > 0) socket.write(begin);
      const dripping = setInterval(() => begin.length > 0 && socket.write('a'), 500);
      socket.resume();
      await once(socket, 'close');
      clearInterval(dripping);
      return socket.bytesWritten;
    });
    expect(Math.max(...(await Promise.all(written)))).toBeLessThan(200);
  });
});

describe('a large body', () => {
  const send = async (body: string) => {
    const headers = { authorization: `Bearer ${service.token}`, ...json };
    const response = await fetch(`${service.url}/graphql`, { method: 'POST', headers, body });
    return [response.status, ((await response.json()) as { code?: string }).code];
  };
  const query = '"query":"query ($v: JSON) { environments { name } }"';

  test('may hold a large value', async () => {
    expect(await send(`{${query.replace('($v: JSON)', '')},"extensions":{"v":"${'a'.repeat(20 * MB)}"}}`)).toEqual([
      200,
      undefined,
    ]);
  });

  test.each([
    ['a million values', `{${query},"variables":{"v":[${'0,'.repeat(MB)}0]}}`],
    ['values a hundred thousand deep', `{${query},"variables":{"v":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`],
  ])('with %s is refused', async (_what, body) => {
    expect(await send(body)).toEqual([413, 'LIMIT_EXCEEDED']);
  });

  test.each([
    ['no JSON', '{'.repeat(MB)],
    ['a key that reaches a prototype', `{${query},"x":"${'a'.repeat(MB)}","variables":{"__proto__":{"a":1}}}`],
  ])('with %s is refused, as a small one is', async (_what, body) => {
    expect(await send(body)).toEqual([400, 'REQUEST_REFUSED']);
    expect(await send(body.slice(0, 100) === '{'.repeat(100) ? '{{' : body.replace(/a{9,}/, ''))).toEqual([
      400,
      'REQUEST_REFUSED',
    ]);
  });
});

describe('connections without a token', () => {
  test('take the place of none that has shown one over its WebSocket', async () => {
    const client = subscriptionClient(harness, service);
    const ended: string[] = [];
    client.on('closed', () => ended.push('closed'));
    client.subscribe(
      { query: 'subscription { importProgress(idempotencyKey: "watched") { phase } }' },
      { next: () => undefined, error: () => ended.push('error'), complete: () => ended.push('complete') },
    );
    await new Promise<void>((resolve) => client.on('connected', () => resolve()));
    const strangers = await Promise.all(Array.from({ length: 1_200 }, () => rawConnection(service.url)));
    await delay(300);
    expect(ended).toEqual([]);
    for (const socket of strangers) socket.destroy();
  });

  test('make room for others, the oldest first', async () => {
    const [first, ...others] = await Promise.all(Array.from({ length: 1_200 }, () => rawConnection(service.url)));
    first?.resume();
    if (first && !first.destroyed) await once(first, 'close');
    expect(await service.query('{ environments { name } }')).toMatchObject({ environments: [{}] });
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(Number(/^trustcast_refused_connections_total (\d+)/m.exec(metrics)?.[1])).toBeGreaterThan(100);
    for (const socket of others) socket.destroy();
  });
});
