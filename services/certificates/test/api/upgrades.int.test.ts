import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { residentBytes } from '../support/resident-bytes.js';
import { WEB_SOCKET, frame, rawConnection, readUntil, requestText, webSocket } from '../support/raw-request.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);

const JWKS = '/environments/apimanager/jwks.json';
const H2C = {
  connection: 'Upgrade, HTTP2-Settings',
  upgrade: 'h2c',
  'http2-settings': 'AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
};
const QUERY = JSON.stringify({ query: '{ environments { name } }' });
const asked = (given: object = {}) => ({
  authorization: `Bearer ${service.token}`,
  'content-type': 'application/json',
  'content-length': QUERY.length,
  ...given,
});

async function answerTo(...requests: readonly Buffer[]): Promise<string> {
  const socket = await rawConnection(service.url);
  for (const request of requests) socket.write(request);
  const text = await readUntil(socket, () => false);
  socket.destroy();
  return text;
}

describe('an Upgrade that nobody wants is answered as a plain request:', () => {
  test.each([
    ['h2c, as of Java', `GET ${JWKS}`, H2C, '200 OK'],
    ['a WebSocket on another path', `GET ${JWKS}`, WEB_SOCKET, '200 OK'],
    ['a WebSocket without a key', 'GET /graphql', { ...WEB_SOCKET, 'sec-websocket-key': '' }, '405 Method Not Allowed'],
    ['of another version', 'GET /graphql', { ...WEB_SOCKET, 'sec-websocket-version': 7 }, '405 Method Not Allowed'],
    ['TLS within HTTP', 'GET /healthz', { connection: 'upgrade', upgrade: 'TLS/1.0' }, '200 OK'],
  ])('%s', async (_what, line, headers, status) => {
    const connection = `close, ${(headers as { connection: string }).connection}`;
    expect(await answerTo(requestText(line, { ...headers, connection }))).toMatch(
      new RegExp(`^HTTP/1.1 ${status}\r\n`),
    );
  });

  test('with a body that comes in pieces', async () => {
    const socket = await rawConnection(service.url);
    const text = requestText('POST /graphql', asked({ ...H2C, connection: 'close, Upgrade, HTTP2-Settings' }), QUERY);
    for (const piece of [text.subarray(0, -20), text.subarray(-20, -9), text.subarray(-9)]) {
      socket.write(piece);
      await delay(20);
    }
    expect(await readUntil(socket, () => false)).toContain('"name":"apimanager"');
  });

  test('one after the other on one connection, in their order, the first of them still running', async () => {
    const text = await answerTo(
      requestText('POST /graphql', asked(), QUERY),
      requestText('GET /healthz', H2C),
      requestText(`GET ${JWKS}`, H2C),
      requestText('GET /nothing', { connection: 'close' }),
    );
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['200', '200', '200', '404']);
    expect(text.indexOf('apimanager')).toBeLessThan(text.indexOf('"status":"ok"'));
  });
});

describe('a connection that is reset', () => {
  const TAKEN = {
    'with a wrong version': requestText('GET /graphql', { ...WEB_SOCKET, 'sec-websocket-version': 7 }),
    'without a key': requestText('GET /graphql', { ...WEB_SOCKET, 'sec-websocket-key': '' }),
    'with h2c': requestText(`GET ${JWKS}`, H2C),
    'with h2c on /graphql': requestText('GET /graphql', H2C),
    'with another path': requestText('GET /other', WEB_SOCKET),
    'with another protocol': requestText('GET /graphql', { ...WEB_SOCKET, 'sec-websocket-protocol': 'none' }),
    'as a WebSocket': requestText('GET /graphql', WEB_SOCKET),
    'as a WebSocket with frames': Buffer.concat([
      requestText('GET /graphql', WEB_SOCKET),
      frame(0x81, Buffer.from('{"type":"ping"}')),
      frame(0x89),
      frame(0xff),
    ]),
    'with CONNECT': requestText('CONNECT example.com:443'),
    'with what is no HTTP': Buffer.from('\x16\x03\x01\x02\x00\x01\x00'),
  };
  test.each(Object.entries(TAKEN))('at any moment %s does not end the process', async (_what, text) => {
    for (let round = 0; round < 40; round++) {
      const socket = await rawConnection(service.url);
      socket.write(text.subarray(0, round % 4 === 3 ? round * 5 : text.length));
      if (round % 2 === 0) await delay(round / 4);
      if (round % 5 === 4) socket.end();
      else socket.resetAndDestroy();
    }
    await delay(50);
    expect(await (await fetch(`${service.url}/healthz`)).json()).toEqual({ status: 'ok' });
  });
});

describe('a WebSocket', () => {
  test.each([
    ['an unmasked frame', Buffer.from([0x81, 0x02, 0x68, 0x69]), 1002],
    ['a reserved bit', Buffer.from([0xc1, 0x80, 0, 0, 0, 0]), 1002],
    ['a fragmented ping', Buffer.from([0x09, 0x80, 0, 0, 0, 0]), 1002],
    ['a continuation of nothing', frame(0x80), 1002],
    ['text that is not UTF-8', frame(0x81, Buffer.from([0xff])), 1007],
    ['a frame that is too large', Buffer.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]), 1009],
    ['more fragments than anybody needs', Buffer.concat([frame(0x01), ...Array<Buffer>(2_000).fill(frame(0))]), 1008],
    ['no protocol message', frame(0x81, Buffer.from('hello')), 4400],
  ])('with %s is closed', async (_what, bytes, code) => {
    const socket = await webSocket(service.url);
    socket.write(bytes);
    const answer = Buffer.from(await readUntil(socket, (text) => text.length >= 4), 'latin1');
    expect([answer[0], answer.readUInt16BE(2)]).toEqual([0x88, code]);
    socket.destroy();
  });

  test('takes a message in pieces, with a ping between them, byte by byte', async () => {
    const socket = await webSocket(service.url);
    const text = Buffer.from(JSON.stringify({ type: 'ping' }));
    for (const byte of Buffer.concat([
      frame(0x01, text.subarray(0, 4)),
      frame(0x89, Buffer.from('p')),
      frame(0x80, text.subarray(4)),
    ]))
      socket.write(Buffer.from([byte]));
    const seen = await readUntil(socket, (answer) => answer.includes('pong'));
    expect(seen.charCodeAt(0)).toBe(0x8a);
    socket.destroy();
  });

  test.each([
    ['pings', frame(0x89, Buffer.alloc(125))],
    ['pings of the protocol', frame(0x81, Buffer.from(`{"type":"ping","payload":{"a":"${'a'.repeat(10_000)}"}}`))],
  ])('whose peer does not read the answers to %s is not listened to any more', async (_what, bytes) => {
    const socket = await webSocket(service.url);
    socket.pause();
    const many = Buffer.concat(Array<Buffer>(Math.ceil(1_000_000 / bytes.length)).fill(bytes));
    const before = residentBytes(service.pid);
    let taken = 0;
    for (; taken < 200; taken++) {
      if (socket.destroyed) break;
      if (socket.write(many)) continue;
      const drained = new Promise<boolean>((resolve) => {
        socket.once('drain', () => resolve(true));
        socket.once('close', () => resolve(false));
      });
      // The buffers of the kernel are full, and stay so.
      if (!(await Promise.race([drained, delay(1_000, false)]))) break;
    }
    expect(taken).toBeLessThan(50);
    expect(residentBytes(service.pid) - before).toBeLessThan(150_000_000);
    socket.destroy();
  });

  test('of another protocol is closed', async () => {
    const socket = await webSocket(service.url, 'graphql-ws');
    const answer = Buffer.from(await readUntil(socket, (text) => text.length >= 4), 'latin1');
    expect(answer.readUInt16BE(2)).toBe(4406);
    socket.destroy();
  });
});
