import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ConnectionGate } from '../../src/api/http/limits/connection-gate.js';

const MB = 1024 * 1024;
let server: Server;
let client: Socket;
let accepted: Socket;

beforeEach(async () => {
  server = createServer((_request, response) => response.end(Buffer.alloc(64 * MB)));
  new ConnectionGate({ connections: 10, strangers: 10, unreadMs: 1_000, sweepMs: 100, pipelined: 4 }).watch(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  [accepted] = (await once(server, 'connection')) as [Socket];
  client.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
});
afterEach(() => {
  client.destroy();
  server.close();
});

test('a connection whose peer does not read is ended, also while more and more is written to it', async () => {
  client.pause();
  // What a WebSocket does for its pings.
  const pings = setInterval(() => accepted.writable && accepted.write('ping'), 50);
  await once(accepted, 'close');
  clearInterval(pings);
});

test('a connection whose peer reads a large answer slowly goes on', async () => {
  let read = 0;
  client.on('data', (chunk: Buffer) => {
    read += chunk.length;
    client.pause();
    setTimeout(() => client.resume(), 2);
  });
  const before = read;
  await delay(3_000);
  expect(accepted.destroyed).toBe(false);
  expect(read).toBeGreaterThan(before);
});
