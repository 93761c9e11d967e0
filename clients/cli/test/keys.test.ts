import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { keysAt, parseKeyDocument, signingKeyOf, verifyKeyDocument } from '@trustcast/schema';
import { main } from '../src/keys/command-line.js';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'trustcast-keys-')));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const file = at('keys.json');
const INSTALLATION = '11111111-2222-4333-8444-555555555555';
const ENVIRONMENT = '66666666-2222-4333-8444-555555555555';
const DAY = 86_400_000;

/** @returns the exit code and everything that was printed */
async function keys(...args: readonly string[]): Promise<[number, string]> {
  let text = '';
  const say = (line: string) => (text += line);
  return [await main(args, say, say), text];
}
const roots = (...names: readonly string[]) => names.flatMap((name) => ['--root-key', at(name)]);
const document = () => parseKeyDocument(readFileSync(file, 'utf8'));
async function signingKey(name: string) {
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(at(name), privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  return signingKeyOf(privateKey);
}
async function pin(): Promise<string> {
  return (JSON.parse((await keys('show', file, '--json'))[1]) as { pin: string }).pin;
}

test('what it signs hosts take: the first root, a list, a key taken back with a position, and the next root', async () => {
  const [one, two] = [await signingKey('one.pem'), await signingKey('two.pem')];
  const init = ['init', file, '--installation', INSTALLATION, ...roots('a', 'b', 'c')];
  expect((await keys(...init))[0]).toBe(0);
  for (const name of ['a', 'b', 'c']) expect(statSync(at(name)).mode & 0o777).toBe(0o600);
  const before = readFileSync(file, 'utf8');
  expect((await keys(...init))[0]).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe(before);

  await keys('add', file, '--key', at('one.pem'));
  expect((await keys('sign', file, ...roots('a')))[1]).toContain('to be signed  list 1: by 1 of');
  expect((await keys('sign', file, ...roots('c'), '--hand-over', at('one.pem')))[1]).toContain('complete');
  const first = verifyKeyDocument(document(), [await pin()]);
  expect([...keysAt(first, Date.now()).keys()]).toEqual([one.kid]);
  expect(verifyKeyDocument(document(), [one.kid]).rootId).toBe(first.rootId);

  await keys('add', file, '--key', at('two.pem'), '--days', '10');
  await keys('remove', file, one.kid, '--start-from', `${ENVIRONMENT}=3.7`);
  await keys('sign', file, ...roots('b', 'c'));
  const second = verifyKeyDocument(document(), [await pin()], first);
  expect(second.list).toMatchObject({ version: 2, startFrom: [{ environment: ENVIRONMENT, epoch: 3, revision: 7 }] });
  expect([...keysAt(second, Date.now()).keys()]).toEqual([two.kid]);
  expect(keysAt(second, Date.now() + 11 * DAY).size).toBe(0);

  await keys('next-root', file, ...roots('b', 'd'), '--threshold', '1');
  expect((await keys('sign', file, ...roots('d')))[1]).toContain('to be signed  root 2, under root 1: by 2 of');
  await keys('sign', file, ...roots('b', 'c'));
  const third = verifyKeyDocument(document(), [first.rootId!], second);
  expect([third.rootId, third.list.version, third.list.rootVersion]).toEqual([await pin(), 1, 2]);
});

test('what it cannot use it says, and leaves the file as it is', async () => {
  const before = readFileSync(file, 'utf8');
  await signingKey('strange.pem');
  chmodSync(at('a'), 0o644);
  const refusals: [string[], number, RegExp][] = [
    [['sign', file, ...roots('strange.pem')], 1, /is a key of none of the roots$/],
    [['sign', file, ...roots('a')], 1, /must not be readable by others: chmod 600/],
    [['sign', file], 64, /sign needs --root-key$/],
    [['sign', at('nothing.json'), ...roots('b')], 1, /there is no file/],
    [['show', at('b')], 1, /is no key list: /],
    [['add', file, '--key', file], 1, /must hold one Ed25519 key in PEM/],
    [['add', file, '--key', at('one.pem'), '--days', 'ten'], 64, /--days must be a whole number/],
    [['add', file, '--key', at('one.pem'), '--not-before', 'soon'], 64, /must be a time such as/],
    [['remove', file, 'x'.repeat(43)], 1, /the list does not have x+; it has /],
    [['remove', file, '--start-from', 'production=1.2'], 64, /must be <id of the environment>=/],
    [['remove', file, '--start-from', `${ENVIRONMENT}=9999999999.1`], 1, /must be at most 2147483647/],
    [['init', file, '--installation', INSTALLATION, ...roots('b')], 1, /is there already, with another root/],
    [['init', at('other.json'), '--installation', 'x', ...roots('b')], 1, /must be a UUID/],
    [['next-root', file, ...roots('b'), '--threshold', '2'], 64, /at most 1, the number of root keys/],
    [['frob', file], 64, /there is no command frob/],
  ];
  for (const [args, code, message] of refusals)
    expect([args.join(' '), ...(await keys(...args))]).toEqual([args.join(' '), code, expect.stringMatching(message)]);
  expect(readFileSync(file, 'utf8')).toBe(before);
});
