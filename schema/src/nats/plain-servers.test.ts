import { expect, test } from '@jest/globals';
import { plainServers } from './plain-servers.js';

test.each([
  'tls://nats.example:4222',
  'nats://127.0.0.1:4222',
  'nats://127.8.9.1:4222',
  'nats://127.1',
  'nats://[::1]:4222',
  'nats://[::ffff:127.0.0.1]:4222',
  'nats://localhost:4222',
  'nats://LOCALHOST.:4222',
  'nats://nats.localhost',
  '127.0.0.1:4222',
])('%s leaves this machine with TLS only', (server) => {
  expect(plainServers([server])).toEqual([]);
});

test.each([
  'nats://nats.example:4222',
  'nats://10.0.0.7:4222',
  'nats://128.0.0.1',
  'nats://127.0.0.1.example',
  'nats://localhost.example',
  'nats://notlocalhost',
  'nats://0.0.0.0:4222',
  'nats://[::]:4222',
  'nats://[fe80::1]:4222',
  'nats://[::ffff:10.0.0.7]:4222',
  'nats.example:4222',
  'nats://[::1',
  '',
])('%s leaves it in the clear', (server) => {
  expect(plainServers(['tls://127.0.0.1', server, 'nats://127.0.0.1'])).toEqual([server]);
});
