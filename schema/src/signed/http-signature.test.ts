import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  type SignableRequest,
  contentDigestOf,
  readHttpSignature,
  signHttpRequest,
  signatureBase,
  checkHttpSignature,
} from './http-signature.js';
import { type Ed25519Jwk, keyFromJwk, publicJwkOf } from './ed25519-key.js';

interface Vectors {
  readonly key: Ed25519Jwk & { d: string };
  readonly httpSignature: {
    readonly request: SignableRequest & { readonly body: string };
    readonly now: number;
    readonly nonce: string;
    readonly headers: Readonly<Record<string, string>>;
  };
}
const vectors = JSON.parse(readFileSync(new URL('../../../vectors/v1.json', import.meta.url), 'utf8')) as Vectors;
const { privateKey } = generateKeyPairSync('ed25519');
const { x } = await publicJwkOf(privateKey);
const REQUEST: SignableRequest = {
  method: 'GET',
  target: '/agent/v1/environments/apimanager/set?after=1.2',
  contentDigest: contentDigestOf(''),
  installation: '00000000-0000-4000-8000-000000000001',
};
const OPTIONS = { tag: 'trustcast-agent', privateKey, keyId: x } as const;

const read = (headers: Record<string, string>, { method, target }: SignableRequest = REQUEST) => {
  const signature = readHttpSignature(method, target, headers);
  if (!signature) throw new Error('there is none');
  checkHttpSignature(signature, createPublicKey(privateKey));
  return signature;
};

test('RFC 9421 B.2.6: the base of its Ed25519 example, and the signature of it', () => {
  const d = 'n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU';
  const key = createPrivateKey({
    key: { kty: 'OKP', crv: 'Ed25519', d, x: 'JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs' },
    format: 'jwk',
  });
  const base = signatureBase(
    [
      ['date', 'Tue, 20 Apr 2021 02:07:55 GMT'],
      ['@method', 'POST'],
      ['@path', '/foo'],
      ['@authority', 'example.com'],
      ['content-type', 'application/json'],
      ['content-length', '18'],
    ],
    '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
  );
  expect(sign(null, Buffer.from(base), key).toString('base64')).toBe(
    'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==',
  );
});

test('RFC 9530: the digest of a body', () => {
  expect(contentDigestOf('{"hello": "world"}\n')).toBe('sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:');
});

test('the vector, byte for byte', () => {
  const { request, now, nonce, headers } = vectors.httpSignature;
  const key = createPrivateKey({ key: { ...vectors.key }, format: 'jwk' });
  const { body, ...signable } = request;
  expect(contentDigestOf(body)).toBe(signable.contentDigest);
  expect(
    signHttpRequest(signable, { tag: 'trustcast-agent', privateKey: key, keyId: vectors.key.x, now, nonce }),
  ).toEqual(headers);
  const signature = readHttpSignature(signable.method, signable.target, headers);
  if (signature) checkHttpSignature(signature, keyFromJwk(vectors.key));
  expect(signature).toMatchObject({ created: Math.floor(now / 1_000), nonce, keyId: vectors.key.x });
});

test('a signature is read and verified, and says who signed, when, and once', () => {
  const signed = read(signHttpRequest(REQUEST, { ...OPTIONS, now: 1_700_000_000_999, nonce: 'A'.repeat(22) }));
  expect(signed).toMatchObject({
    tag: OPTIONS.tag,
    keyId: x,
    created: 1_700_000_000,
    nonce: 'A'.repeat(22),
    request: REQUEST,
  });
});

test('a request without one has none', () => {
  expect(readHttpSignature('GET', '/', { authorization: 'Bearer x' })).toBeNull();
});

describe('a signature does not match', () => {
  const headers = signHttpRequest(REQUEST, OPTIONS);
  const other = (what: Partial<Record<string, string>>) => ({ ...headers, ...what }) as Record<string, string>;
  test.each([
    ['another method', headers, { ...REQUEST, method: 'POST' }],
    ['another path', headers, { ...REQUEST, target: '/agent/v1/environments/other/set?after=1.2' }],
    ['another query', headers, { ...REQUEST, target: '/agent/v1/environments/apimanager/set?after=1.3' }],
    ['no query', headers, { ...REQUEST, target: '/agent/v1/environments/apimanager/set' }],
    ['another body', other({ 'content-digest': contentDigestOf('x') }), REQUEST],
    ['another installation', other({ 'trustcast-installation': '00000000-0000-4000-8000-000000000002' }), REQUEST],
    [
      'another time',
      other({ 'signature-input': headers['signature-input']!.replace(/created=\d+/, 'created=1') }),
      REQUEST,
    ],
    [
      'another nonce',
      other({ 'signature-input': headers['signature-input']!.replace(/nonce="./, 'nonce="_') }),
      REQUEST,
    ],
  ])('with %s', (_what, sent, request) => {
    expect(() => read(sent, request)).toThrow(expect.objectContaining({ code: 'SIGNATURE_INVALID' }));
  });
});

describe('anything but the one form is refused:', () => {
  const headers = signHttpRequest(REQUEST, OPTIONS);
  const input = headers['signature-input']!;
  test.each<[string, Record<string, string | undefined>]>([
    ['a component left out', { 'signature-input': input.replace(' "content-digest"', '') }],
    ['a component more', { 'signature-input': input.replace('")', '" "date")') }],
    ['a label more', { 'signature-input': `${input}, other=("@method")` }],
    ['another algorithm', { 'signature-input': input.replace('ed25519', 'hmac-sha256') }],
    ['another tag', { 'signature-input': input.replace('trustcast-agent', 'trustcast-enrollment') }],
    ['no nonce', { 'signature-input': input.replace(/nonce="[^"]+";/, '') }],
    ['no signature', { signature: undefined }],
    ['no input', { 'signature-input': undefined }],
    ['a signature that is cut', { signature: headers.signature!.replace('==:', ':') }],
    ['no digest', { 'content-digest': undefined }],
    ['another digest beside it', { 'content-digest': `${headers['content-digest']}, sha-512=:AA==:` }],
    ['no installation', { 'trustcast-installation': undefined }],
  ])('%s', (_what, over) => {
    const sent = { ...headers, ...over };
    expect(() => readHttpSignature(REQUEST.method, REQUEST.target, sent)).toThrow(
      expect.objectContaining({ code: 'SIGNATURE_MALFORMED' }),
    );
  });
});
