import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { signingKeyOf } from '@trustcast/schema';
import { entriesOf } from '../support/fixtures.js';
import { useHost } from '../support/use-host.js';

const host = useHost();
const registrations = () => host.service.requests.filter((request) => request.includes('/register')).length;

test('an agent that heard of the next key follows it at once, without registering and without a moment of STALE', async () => {
  const next = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
  const old = host.service.key;
  host.service.announced = [next];
  await host.running({ TRUSTCAST_PINNED_KEYS: `${old.kid},${next.kid}` });
  await host.service.deploy({ upserts: await entriesOf('a') });
  await host.service.written(1);
  const before = registrations();
  const said = host.service.statuses.length;

  Object.assign(host.service, { signer: next, announced: [] });
  await host.service.deploy({ upserts: await entriesOf('b') });
  await host.service.written(2);
  // A process that was not started anew yet goes on to speak.
  await host.service.publish(
    { statement: await host.service.statement(2, old), from: host.service.position, upserts: [], removals: [] },
    'heartbeat',
  );
  await host.service.deploy({ upserts: await entriesOf('c') });
  const status = await host.service.written(3);
  expect(registrations()).toBe(before);
  expect(Object.keys(status.refused)).not.toContain('SIGNATURE_KEY_UNKNOWN');
  expect(host.service.statuses.slice(said).map(({ state }) => state)).not.toContain('STALE');
});

test('an agent that pinned the next key and heard nothing of it registers by itself and follows', async () => {
  const next = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
  await host.running({ TRUSTCAST_PINNED_KEYS: `${host.service.key.kid},${next.kid}` });
  host.service.signer = next;
  await host.service.deploy({ upserts: await entriesOf('a') });
  await host.service.status(({ written }) => written?.revision === 1, 45_000);
}, 60_000);
