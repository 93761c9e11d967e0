import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type KeyDocument, type SigningKey, applyDelta, digestOf, signStatement } from '@trustcast/schema';
import { readKeystore } from '@trustcast/keystore';
import { RootKeys, newKey } from '../support/root-keys.js';
import { entriesOf, entryOf, writeOf } from '../support/fixtures.js';
import { useHost } from '../support/use-host.js';

const host = useHost();
const registrations = () => host.service.requests.filter((request) => request.includes('/register')).length;
const FURTHEST = { epoch: 2 ** 31 - 1, revision: 2 ** 31 - 1 };

/** The service has a root, and the host pins that alone. */
async function rooted(over: Record<string, string> = {}) {
  const root = await RootKeys.make(host.service.scope.installation);
  host.service.keyList = await root.list([host.service.key]);
  return { root, agent: await host.running({ TRUSTCAST_PINNED_KEYS: root.pin, ...over }) };
}

/** Hands a list out over NATS alone. */
async function handOut(keyList: KeyDocument): Promise<void> {
  host.service.keyList = keyList;
  await host.service.publish(await host.service.heartbeat(), 'heartbeat');
}

/** What a thief with a statement key tells hosts. */
async function plant(key: SigningKey, position = FURTHEST): Promise<void> {
  const evil = await entryOf('evil');
  const delta = { upserts: [evil], removals: [] };
  const digest = digestOf(host.service.scope, applyDelta(host.service.set, delta));
  const statement = await signStatement({ ...host.service.scope, ...position, digest, issuedAt: Date.now() }, key);
  await host.service.publish({ statement, from: host.service.position, ...delta });
}

const aliases = (): string[] =>
  readKeystore(readFileSync(host.truststore))
    .entries.map(({ alias }) => alias)
    .filter((alias) => !alias.startsWith('trustcast/'))
    .sort();

describe('a host that pins a root', () => {
  test('follows the statement key through a rotation: it loses no change, is never STALE, and registers once', async () => {
    const { root } = await rooted();
    const [old, next] = [host.service.key, await newKey()];
    await host.service.deploy({ upserts: await entriesOf('a') });
    await host.service.written(1);
    const said = host.service.statuses.length;
    const before = registrations();
    await handOut(await root.list([old, next]));
    host.service.signer = next;
    await host.service.deploy({ upserts: await entriesOf('b') });
    await host.service.written(2);
    // A process that was not started anew yet goes on to speak.
    const statement = await host.service.statement(2, old);
    await host.service.publish({ statement, from: host.service.position, upserts: [], removals: [] }, 'heartbeat');
    await host.service.deploy({ upserts: await entriesOf('c') });
    const status = await host.service.written(3);
    expect(registrations()).toBe(before);
    expect(Object.keys(status.refused)).not.toContain('SIGNATURE_KEY_UNKNOWN');
    await handOut(await root.list([next]));
    await host.service.deploy({ upserts: await entriesOf('d') });
    await host.service.written(4);
    const { refused: counted } = await host.service.status(({ written }) => written?.revision === 4);
    await plant(old);
    await host.service.status(
      ({ refused }) => (refused.SIGNATURE_KEY_UNKNOWN ?? 0) > (counted.SIGNATURE_KEY_UNKNOWN ?? 0),
    );
    expect(aliases()).toEqual(['a', 'b', 'c', 'd']);
    expect(host.service.statuses.slice(said).map(({ state }) => state)).not.toContain('STALE');
  });

  test('recovers from a fast-forward by one list, and then starts from its state while the service is down', async () => {
    const { root, agent } = await rooted();
    const [stolen, next] = [host.service.key, await newKey()];
    await host.service.deploy({ upserts: await entriesOf('a') });
    await host.service.written(1);
    await plant(stolen);
    await host.service.status(({ written }) => written?.epoch === FURTHEST.epoch);
    expect(aliases()).toContain('evil');

    host.service.signer = next;
    const start = { environment: host.service.scope.environment, ...host.service.position };
    await handOut(await root.list([next], { startFrom: [start] }));
    await host.service.status(({ written, state }) => written?.epoch === 1 && state === 'WRITTEN');
    expect(aliases()).toEqual(['a']);
    await plant(stolen, { epoch: 2 ** 31 - 2, revision: 1 });
    await host.service.deploy({ upserts: await entriesOf('b') });
    await host.service.written(2);

    expect(await agent.stop()).toBe(0);
    await host.service.stopHttp();
    const again = host.agent({ TRUSTCAST_PINNED_KEYS: root.pin });
    expect(await again.line('ready')).toMatchObject({ entries: 3 });
    expect(aliases()).toEqual(['a', 'b']);
    await host.service.listen();
    await host.service.deploy({ upserts: await entriesOf('c') });
    await host.service.written(3);
  }, 40_000);

  test('starts from its state with an expired list and the service down, and says that it has expired', async () => {
    const { root, agent } = await rooted();
    await host.service.deploy({ upserts: await entriesOf('a') });
    await host.service.written(1);
    await handOut(await root.list([host.service.key], { expiresAt: Date.now() - 600_000 }));
    const { reason } = await host.service.status(({ state }) => state === 'FAILED');
    expect(reason).toMatch(/^KEY_LIST_EXPIRED: the list of signing keys ended at /);
    const before = writeOf(host.truststore);
    expect(await agent.stop()).toBe(0);
    await host.service.stopHttp();
    const again = host.agent({ TRUSTCAST_PINNED_KEYS: root.pin });
    expect(await again.line('ready')).toMatchObject({ entries: 2 });
    expect(writeOf(host.truststore)).toBe(before);
  });

  test('enrolls by a token that names the root, and pins nothing else', async () => {
    const root = await RootKeys.make(host.service.scope.installation);
    host.service.keyList = await root.list([host.service.key]);
    const token = host.service.enrollmentToken(root.pin);
    const { code, err } = await host.cli(['enroll', '--service-url', host.service.url, '--token', token]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const state = (name: string) => readFileSync(join(host.directory, 'state', name), 'utf8');
    expect(JSON.parse(state('enrollment.json'))).toMatchObject({ pinnedKeys: [root.pin] });
    expect(JSON.parse(state('keys.json'))).toEqual(host.service.keyList);
    expect((await host.cli(['doctor'])).out).toMatch(/OK +service +http\S+ answers for/);
  });
});

test('a host that pins a key is handed over to a root by that key, and follows the root from then on', async () => {
  const { service } = host;
  await host.running();
  await service.deploy({ upserts: await entriesOf('a') });
  await service.written(1);
  const [pinned, next] = [service.key, await newKey()];
  const root = await RootKeys.make(service.scope.installation, [pinned]);
  await handOut(await root.list([pinned, next]));
  service.signer = next;
  await service.deploy({ upserts: await entriesOf('b') });
  await service.written(2);
  const thief = await RootKeys.make(service.scope.installation, [pinned]);
  await handOut(await thief.list([pinned]));
  await service.deploy({ upserts: await entriesOf('c') });
  await service.written(3);
});
