import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLog } from '@trustcast/config';
import { madeIn } from '@trustcast/dev/jest/made-in.mjs';
import { startPlainNats } from '@trustcast/dev/jest/plain-nats.mjs';
import { NatsSubscriber } from '../../src/distribution/nats-subscriber.js';

const server = madeIn(beforeAll, startPlainNats);
afterAll(() => server.stop());

test('a server that offers no TLS is told nothing where the service says tls://', async () => {
  const servers = [`tls://127.0.0.1:${server.port}`];
  let warned: (() => void) | undefined;
  const warning = new Promise<void>((resolve) => (warned = resolve));
  const road = new NatsSubscriber(
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
      log: createLog('warn', { write: () => warned?.() }),
    },
  );
  road.start();
  try {
    await warning;
    expect(road.isConnected).toBe(false);
    expect(server.told()).toBe('');
  } finally {
    await road.stop();
  }
});
