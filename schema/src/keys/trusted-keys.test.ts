import { calculateJwkThumbprint } from 'jose';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CLOCK_SKEW_MS } from '../limits.js';
import { type SigningKey, publicJwkOf, signingKeyOf, thumbprintOf } from '../signed/ed25519-key.js';
import { type KeyDocument, type KeyList, KEY_LIST_TYPE, ROOT_TYPE, type Root, rootIdOf } from './key-document.js';
import { type MultiSigned, signAlso, signersOf, unsigned } from './multi-signed.js';
import { type TrustedKeys, keysAt, verifyKeyDocument } from './trusted-keys.js';

const newKey = () => signingKeyOf(generateKeyPairSync('ed25519').privateKey);
const INSTALLATION = randomUUID();
const NOW = Date.UTC(2026, 10, 29);
const DAY = 86_400_000;
const [a, b, c, stranger] = [await newKey(), await newKey(), await newKey(), await newKey()];
const [statement, next] = [await newKey(), await newKey()];

const jwk = ({ privateKey }: SigningKey) => publicJwkOf(privateKey);
async function signed(type: string, payload: object, keys: readonly SigningKey[]): Promise<MultiSigned> {
  let document = unsigned(payload);
  for (const key of keys) document = signAlso(type, document, key, await jwk(key));
  return document;
}
const root = (keys: readonly SigningKey[], over: Partial<Root> = {}, by = keys): Promise<MultiSigned> =>
  signed(
    ROOT_TYPE,
    { installation: INSTALLATION, version: 1, threshold: 2, keys: keys.map(({ kid }) => kid), ...over },
    by,
  );
async function list(
  keys: readonly SigningKey[],
  by: readonly SigningKey[],
  over: Partial<KeyList> = {},
): Promise<MultiSigned> {
  const listed = keys.map(async (key) => ({ key: await jwk(key), notBefore: NOW - DAY, notAfter: NOW + 30 * DAY }));
  const claims: KeyList = {
    installation: INSTALLATION,
    rootVersion: 1,
    version: 1,
    issuedAt: NOW,
    expiresAt: NOW + 365 * DAY,
    keys: await Promise.all(listed),
    startFrom: [],
    ...over,
  };
  return signed(KEY_LIST_TYPE, claims, by);
}
const first = await root([a, b, c]);
const PIN = rootIdOf(first);
const good: KeyDocument = { roots: [first], list: await list([statement], [a, b]) };
const known = verifyKeyDocument(good, [PIN]);
const codeOf = (document: KeyDocument, pins: readonly string[] = [PIN], before: TrustedKeys | null = null) => {
  try {
    verifyKeyDocument(document, pins, before);
    return 'taken';
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

test('arbitrary software: a list that the root has not signed is not taken', async () => {
  expect(codeOf({ ...good, list: await list([stranger], [stranger]) })).toBe('KEY_LIST_BELOW_THRESHOLD');
  const own = await root([stranger], { threshold: 1 });
  expect(codeOf({ roots: [own], list: await list([stranger], [stranger]) })).toBe('KEY_LIST_BELOW_THRESHOLD');
  const { payload } = await list([stranger], [stranger]);
  expect(codeOf({ ...good, list: { ...good.list, payload } })).toBe('KEY_LIST_BELOW_THRESHOLD');
});

test('rollback: a list, and a root, from before the known one is not taken', async () => {
  const second = await list([next], [a, b], { version: 2 });
  const later = verifyKeyDocument({ ...good, list: second }, [PIN], known);
  expect(codeOf(good, [PIN], later)).toBe('KEY_LIST_OLD');
  const moved = await root([b, c], { version: 2 }, [a, b, c]);
  const document = { roots: [first, moved], list: await list([next], [b, c], { rootVersion: 2 }) };
  const beyond = verifyKeyDocument(document, [PIN], later);
  expect(codeOf({ ...good, list: await list([statement], [a, b], { version: 99 }) }, [PIN], beyond)).toBe(
    'KEY_LIST_OLD',
  );
});

test('fast-forward: a list that two root keys signed at the last version is left behind by the next root', async () => {
  const last = await list([stranger], [a, b], { version: 2 ** 31 - 1 });
  const forwarded = verifyKeyDocument({ ...good, list: last }, [PIN], known);
  expect(codeOf({ ...good, list: await list([next], [a, b], { version: 2 }) }, [PIN], forwarded)).toBe('KEY_LIST_OLD');
  const moved = await root([b, c], { version: 2 }, [a, b, c]);
  const document = { roots: [first, moved], list: await list([next], [b, c], { rootVersion: 2 }) };
  expect([...keysAt(verifyKeyDocument(document, [PIN], forwarded), NOW).keys()]).toEqual([next.kid]);
});

test('indefinite freeze: who withholds the next list gains nothing after the key, or the list, has ended', () => {
  const believed = (at: number) => [...keysAt(known, at).keys()];
  expect(believed(NOW)).toEqual([statement.kid]);
  expect(believed(NOW + 30 * DAY + CLOCK_SKEW_MS)).toEqual([statement.kid]);
  expect(believed(NOW + 30 * DAY + CLOCK_SKEW_MS + 1)).toEqual([]);
  expect(believed(NOW - DAY - CLOCK_SKEW_MS - 1)).toEqual([]);
});

test('indefinite freeze: a list that has ended ends its keys, and leaves what they have signed in place', async () => {
  const short = verifyKeyDocument({ ...good, list: await list([statement], [a, b], { expiresAt: NOW + 1 }) }, [PIN]);
  expect(keysAt(short, NOW + CLOCK_SKEW_MS + 2).size).toBe(0);
  expect([...keysAt(short, null).keys()]).toEqual([statement.kid]);
});

test('mix-and-match: a list of one root is not taken with another root, nor a root without the one before it', async () => {
  const moved = await root([b, c], { version: 2 }, [a, b, c]);
  expect(codeOf({ ...good, roots: [first, moved] })).toBe('KEY_LIST_MIXED');
  const skipped = await root([b, c], { version: 3 }, [a, b, c]);
  const third = await list([next], [b, c], { rootVersion: 3 });
  expect(codeOf({ roots: [first, skipped], list: third })).toBe('KEY_LIST_MIXED');
});

test('wrong installation: a list, and a root, of another installation is not taken, although the same keys signed it', async () => {
  const installation = randomUUID();
  expect(codeOf({ ...good, list: await list([statement], [a, b], { installation }) })).toBe(
    'KEY_LIST_OTHER_INSTALLATION',
  );
  const moved = await root([a, b, c], { version: 2, installation });
  const other = await list([statement], [a, b], { installation, rootVersion: 2 });
  expect(codeOf({ roots: [first, moved], list: other })).toBe('KEY_LIST_OTHER_INSTALLATION');
});

test('extraneous keys: signatures of keys that are not of the root neither count nor harm', async () => {
  expect(codeOf({ ...good, list: await list([statement], [a, stranger, next]) })).toBe('KEY_LIST_BELOW_THRESHOLD');
  expect(codeOf({ ...good, list: await list([statement], [stranger, next, a, b]) })).toBe('taken');
});

describe('threshold with duplicate key ids:', () => {
  test('a key that signs twice counts once', async () => {
    const once = await list([statement], [a]);
    const twice = { ...once, signatures: [...once.signatures, ...once.signatures] };
    expect(codeOf({ ...good, list: twice })).toBe('KEY_LIST_BELOW_THRESHOLD');
  });

  test('a root that names a key twice is malformed', async () => {
    const twice = await root([a, a, b]);
    expect(codeOf({ roots: [twice], list: good.list }, [rootIdOf(twice)])).toBe('MALFORMED');
  });

  test('another spelling of a key, and another id for it, adds nothing', async () => {
    const { x, ...rest } = await jwk(a);
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const spelled = { ...rest, x: x.slice(0, -1) + digits[digits.indexOf(x.at(-1)!) ^ 1]! };
    const [id, made] = [thumbprintOf(spelled), unsigned({})];
    const both = signAlso('t', signAlso('t', made, a, await jwk(a)), { ...a, kid: id }, spelled);
    expect(signersOf('t', both, [a.kid, id])).toEqual(new Set([a.kid]));
    const renamed = signAlso('t', made, { ...a, kid: b.kid }, await jwk(a));
    expect(signersOf('t', renamed, [a.kid, b.kid])).toEqual(new Set());
  });
});

test('key compromise below the threshold: one root key of two changes nothing, and the others replace it', async () => {
  expect(codeOf({ ...good, list: await list([stranger], [a], { version: 2 }) }, [PIN], known)).toBe(
    'KEY_LIST_BELOW_THRESHOLD',
  );
  const grabbed = await root([a, stranger], { version: 2 }, [a, stranger]);
  const theirs = await list([stranger], [a, stranger], { rootVersion: 2 });
  expect(codeOf({ roots: [first, grabbed], list: theirs }, [PIN], known)).toBe('KEY_LIST_BELOW_THRESHOLD');
  const moved = await root([b, c, next], { version: 2 }, [b, c]);
  const ours = await list([statement], [c, next], { rootVersion: 2 });
  const after = verifyKeyDocument({ roots: [first, moved], list: ours }, [PIN], known);
  expect(codeOf({ ...good, list: await list([stranger], [a, b], { version: 9 }) }, [PIN], after)).toBe('KEY_LIST_OLD');
});

test('equivocation: another list of the same version is not taken', async () => {
  expect(codeOf({ ...good, list: await list([next], [a, b]) }, [PIN], known)).toBe('KEY_LIST_EQUIVOCATION');
  expect(codeOf(good, [PIN], known)).toBe('taken');
});

test('another root with the same keys is not the one that is known', async () => {
  const other = await root([a, b, c], { threshold: 1 });
  expect(codeOf({ roots: [other], list: await list([next], [a], { version: 2 }) }, [rootIdOf(other)], known)).toBe(
    'KEY_LIST_OTHER_ROOT',
  );
});

describe('a key that is pinned itself', () => {
  test('is a root of one: it signs a list, and hands over to a root', async () => {
    const own = { roots: [], list: await list([statement, next], [statement], { rootVersion: 0 }) };
    const pins = [statement.kid];
    const before = verifyKeyDocument(own, pins);
    expect(before.rootId).toBeNull();
    const handed = await root([a, b, c], {}, [a, b, statement]);
    const document = { roots: [handed], list: await list([next], [a, c]) };
    const after = verifyKeyDocument(document, pins, before);
    expect(after.rootId).toBe(PIN);
    // From then on it has no more to say than the root gives it.
    expect(codeOf(own, pins, after)).toBe('KEY_LIST_OLD');
  });

  test('does not hand over to a root that it has not signed', () => {
    expect(codeOf(good, [statement.kid])).toBe('KEY_LIST_BELOW_THRESHOLD');
  });
});

test('every signature that is missing, doubled or of another key leaves a list below its threshold', async () => {
  const signers = [a, b, c, stranger, next];
  const all = (await list([statement], signers)).signatures;
  const { payload } = await list([statement], []);
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 4 }), { maxLength: 8 }), (picked) => {
      const signatures = picked.map((index) => all[index]!);
      const enough = new Set(picked.filter((index) => index < 3)).size >= 2;
      expect(codeOf({ ...good, list: { payload, signatures } })).toBe(enough ? 'taken' : 'KEY_LIST_BELOW_THRESHOLD');
    }),
    { numRuns: 50 },
  );
});

test('the thumbprint is that of the JOSE library', async () => {
  const key = await jwk(a);
  expect(thumbprintOf(key)).toBe(await calculateJwkThumbprint(key, 'sha256'));
});
