import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NatsRoad } from '../src/distribution/nats-road.js';
import { createLog } from '../src/log.js';

/** What a man in the middle says in nats-server's place. */
const INFO =
  'INFO {"server_id":"x","version":"2.10.0","proto":1,"headers":true,"max_payload":1048576,"client_id":1}\r\n';
let server: Server;
let told = '';

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(INFO);
    socket.on('data', (bytes) => {
      told += bytes.toString('latin1');
      if (told.includes('PING')) socket.write('PONG\r\n');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

test('a server that offers no TLS is told nothing where the service says tls://', async () => {
  const servers = [`tls://127.0.0.1:${(server.address() as AddressInfo).port}`];
  let warned: (() => void) | undefined;
  const warning = new Promise<void>((resolve) => (warned = resolve));
  const road = new NatsRoad(
    { servers, user: 'agents', password: 'very-secret' },
    {
      installation: 'an-installation',
      environment: 'apimanager',
      agent: 'an-agent',
      privateKey: generateKeyPairSync('ed25519').privateKey,
      ca: null,
      receive: () => undefined,
      connected: () => warned?.(),
      refused: () => undefined,
      log: createLog('warn', () => warned?.()),
    },
  );
  road.start();
  try {
    await warning;
    expect(road.isConnected).toBe(false);
    expect(told).toBe('');
  } finally {
    await road.stop();
  }
});
