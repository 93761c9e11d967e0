import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { createLog } from '@trustcast/config';
import { type KeyDocument, keyFromJwk, publicJwkOf, signStatement, signingKeyOf } from '@trustcast/schema';
import { RootKeys, newKey } from '../../test/support/root-keys.js';
import { Keyring } from './keyring.js';

const log = createLog('silent');
const installation = randomUUID();
const root = await RootKeys.make(installation);
const [one, two] = [await newKey(), await newKey()];
const [first, second] = [await root.list([one]), await root.list([two])];

/** A store in memory, which may be full. */
class Disk {
  stored: KeyDocument | null = null;
  full = false;
  load = () => this.stored;
  save = (document: KeyDocument) => {
    if (this.full) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    this.stored = document;
  };
}
const ids = (keyring: Keyring) => [...keyring.believed().keys()];

test('rollback: a list from before the stored one is not taken after a restart either', () => {
  const disk = new Disk();
  new Keyring([root.pin], disk, log).take(second);
  const again = new Keyring([root.pin], disk, log);
  expect(again.take(first)).toBeNull();
  expect(ids(again)).toEqual([two.kid]);
});

test('a key that was taken back is not believed for another moment, also where the disk is full; the list is stored later', () => {
  const disk = new Disk();
  const keyring = new Keyring([root.pin], disk, log);
  keyring.take(first);
  disk.full = true;
  expect(keyring.take(second)).toEqual({ takenBack: [one.kid] });
  expect(ids(keyring)).toEqual([two.kid]);
  disk.full = false;
  expect(keyring.take(second)).toBeNull();
  expect(disk.stored).toEqual(second);
});

test('without a list the pinned keys that the service offers are believed, and a list of a strange root changes nothing', async () => {
  const keyring = new Keyring([one.kid], new Disk(), log);
  const offered = await Promise.all([one, two].map(({ privateKey }) => publicJwkOf(privateKey)));
  keyring.noteOffered({ signingKeys: offered });
  expect(keyring.take(first)).toBeNull();
  expect(ids(keyring)).toEqual([one.kid]);
  expect(keyring.believed().get(one.kid)?.equals(keyFromJwk(offered[0]))).toBe(true);
});

test('wrong installation: a registration at another installation than that of the root is refused', () => {
  const keyring = new Keyring([root.pin], new Disk(), log);
  keyring.take(first);
  keyring.checkInstallation(installation);
  expect(() => keyring.checkInstallation(randomUUID())).toThrow(
    expect.objectContaining({ code: 'KEY_LIST_OTHER_INSTALLATION' }),
  );
});

test('indefinite freeze: a host that is kept from the next list believes nothing once its own has ended, and says so', async () => {
  let now = Date.now();
  const keyring = new Keyring([root.pin], new Disk(), log, () => now);
  keyring.take(first);
  const claim = {
    installation,
    environment: randomUUID(),
    epoch: 1,
    revision: 1,
    digest: 'ab'.repeat(32),
    issuedAt: now,
  };
  const said = await signStatement(claim, one);
  expect(keyring.isBelieved(said)).toBe(true);
  expect(keyring.problem).toBeNull();
  now += 366 * 86_400_000;
  expect(ids(keyring)).toEqual([]);
  expect(keyring.problem).toMatch(/^KEY_LIST_EXPIRED/);
  expect(keyring.isKept(said)).toBe(true);
  expect(keyring.isBelieved(said)).toBe(false);
});

test('arbitrary software: a stored list that the pinned root has not signed is not believed', async () => {
  const disk = new Disk();
  disk.stored = await (
    await RootKeys.make(installation)
  ).list([await signingKeyOf(generateKeyPairSync('ed25519').privateKey)]);
  expect(new Keyring([root.pin], disk, log).trusted).toBeNull();
});
