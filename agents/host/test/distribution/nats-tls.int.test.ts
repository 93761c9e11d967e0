import { generateKeyPairSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createLog } from '@trustcast/config';
import { madeIn } from '@trustcast/dev/jest/made-in.mjs';
import { startPlainNats } from '@trustcast/dev/jest/plain-nats.mjs';
import { NatsSubscriber } from '../../src/distribution/nats-subscriber.js';

const server = madeIn(beforeAll, startPlainNats);
afterAll(() => server.stop());
const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

const LOGIN = { user: 'agents', password: 'very-secret' };

/** A subscriber that runs until the test ends. `said` resolves with the first line of its log. */
function start(servers: readonly string[], allowPlain = false) {
  let say: (line: string) => void = () => undefined;
  const said = new Promise<string>((resolve) => (say = resolve));
  const subscriber = new NatsSubscriber(
    { servers, ...LOGIN },
    {
      installation: 'an-installation',
      environment: 'apimanager',
      agent: 'an-agent',
      privateKey: () => generateKeyPairSync('ed25519').privateKey,
      ca: null,
      allowPlain,
      receive: () => undefined,
      connected: () => say('connected'),
      refused: () => undefined,
      log: createLog('warn', { write: (line) => say(line) }),
    },
  );
  ends.push(() => subscriber.stop());
  subscriber.start();
  return { subscriber, said };
}

test('a server that offers no TLS is told nothing where the service says tls://', async () => {
  const { subscriber, said } = start([`tls://127.0.0.1:${server.port}`]);
  await said;
  expect(subscriber.isConnected).toBe(false);
  expect(server.told()).toBe('');
});

test('a server on another machine is not asked without TLS; once the service names one on this machine, that one is', async () => {
  const { subscriber, said } = start(['nats://0.0.0.0:1']);
  expect(await said).toMatch(/"level":"error".*NATS is not used.*name tls:\/\/.*"servers":\["nats:\/\/0\.0\.0\.0:1"\]/);
  subscriber.use({ servers: [`nats://127.0.0.1:${server.port}`], ...LOGIN });
  while (!server.told().includes(LOGIN.user)) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('a server on another machine is asked without TLS where that is allowed', async () => {
  const { said } = start(['nats://0.0.0.0:1'], true);
  expect(await said).toMatch(/NATS cannot be reached/);
});

test('a server that names others leads nobody there: the registration names the servers', async () => {
  const other = await startPlainNats();
  const first = await startPlainNats([other.port]);
  ends.push(() => {
    first.stop();
    other.stop();
  });
  start([`nats://127.0.0.1:${first.port}`]);
  while (first.connections() < 3 && other.connections() === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(other.connections()).toBe(0);
});
