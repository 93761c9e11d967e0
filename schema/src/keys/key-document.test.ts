import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { type Ed25519Jwk, signingKeyOf } from '../signed/ed25519-key.js';
import {
  type KeyDocument,
  type KeyList,
  KEY_LIST_TYPE,
  ROOT_TYPE,
  type Root,
  decodeKeyList,
  decodeRoot,
  parseKeyDocument,
  rootIdOf,
} from './key-document.js';
import { signAlso, unsigned } from './multi-signed.js';
import { verifyKeyDocument } from './trusted-keys.js';

interface Vectors {
  readonly key: Ed25519Jwk & { readonly d: string };
  readonly keyDocument: {
    readonly root: Root;
    readonly list: KeyList;
    readonly rootId: string;
    readonly document: KeyDocument;
  };
}
const vectors = JSON.parse(readFileSync(new URL('../../../vectors/v1.json', import.meta.url), 'utf8')) as Vectors;

test('the vector, byte for byte: root, list, and the id that hosts pin', async () => {
  const { root, list, rootId, document } = vectors.keyDocument;
  const { kty, crv, x, d } = vectors.key;
  const key = await signingKeyOf(createPrivateKey({ key: { kty, crv, x, d }, format: 'jwk' }));
  const jwk: Ed25519Jwk = { kty, crv, x };
  expect(document).toEqual({
    roots: [signAlso(ROOT_TYPE, unsigned(root), key, jwk)],
    list: signAlso(KEY_LIST_TYPE, unsigned(list), key, jwk),
  });
  expect(parseKeyDocument(JSON.stringify(document))).toEqual(document);
  expect([decodeRoot(document.roots[0]!), decodeKeyList(document.list)]).toEqual([root, list]);
  expect(rootIdOf(document.roots[0]!)).toBe(rootId);
  expect(verifyKeyDocument(document, [rootId])).toMatchObject({ rootId, list });
});

test.each([
  ['a payload that is padded', { payload: 'e30=', signatures: [] }],
  ['another spelling of base64url', { payload: 'e31', signatures: [] }],
  ['no signatures', { payload: 'e30' }],
  ['too many of them', { payload: 'e30', signatures: Array(17).fill({ protected: 'e30', signature: 'AA' }) }],
])('%s is refused', (_what, list) => {
  expect(() => parseKeyDocument(JSON.stringify({ roots: [], list }))).toThrow(/must|limit/);
});
