import { type Server, createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { Problems } from '../src/health/problems.js';
import { linkNats } from '../src/relay/nats-link.js';
import { until } from './harness.js';

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

test('a server that offers no TLS is told nothing where NATS_URL says tls://', async () => {
  const log = pino({ level: 'silent' });
  const problems = new Problems(log);
  const { port } = server.address() as AddressInfo;
  const servers = [`tls://127.0.0.1:${port}`];
  const link = linkNats({ servers, user: 'service', password: 'very-secret' }, 'an-installation', problems, log);
  try {
    const [problem] = await until(
      () => Promise.resolve(problems.current),
      (current) => current.length > 0,
    );
    expect(problem?.code).toBe('NATS_UNAVAILABLE');
    expect(problem?.cause).toMatch(/offers no TLS/);
    expect(link.connection()).toBeNull();
    expect(told).toBe('');
  } finally {
    await link.close();
  }
});
