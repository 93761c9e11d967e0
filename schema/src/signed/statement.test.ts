import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { CompactSign, compactVerify } from 'jose';
import { LimitExceededError, MalformedError, SignatureError } from '../errors.js';
import { type SigningKey, type VerificationKeys, keyFromJwk, publicJwkOf, signingKeyOf } from './ed25519-key.js';
import { STATEMENT_TYPE, type Statement, signStatement, verifyStatement } from './statement.js';

const claim = {
  installation: '00000000-0000-4000-8000-000000000001',
  environment: '00000000-0000-4000-8000-000000000002',
  epoch: 1,
  revision: 7,
  digest: 'ab'.repeat(32),
  issuedAt: 1_700_000_000_000,
};
const claims: Statement = { ...claim, expiresAt: claim.issuedAt + 600_000 };

let key: SigningKey;
let keys: VerificationKeys;
beforeAll(async () => {
  key = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
  keys = new Map([[key.kid, keyFromJwk(await publicJwkOf(key.privateKey))]]);
});

const sign = (header: object, payload: unknown, by = key.privateKey) =>
  new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', typ: STATEMENT_TYPE, kid: key.kid, ...header })
    .sign(by, { crit: { 'https://trustcast.example/x': true } });

const codeOf = (compact: string) => {
  try {
    verifyStatement(compact, keys);
    return 'accepted';
  } catch (error) {
    if (error instanceof SignatureError || error instanceof MalformedError || error instanceof LimitExceededError)
      return error.code;
    throw error;
  }
};

describe('a statement', () => {
  test('reads back what was signed, valid for ten minutes', async () => {
    expect(verifyStatement(await signStatement(claim, key), keys)).toEqual(claims);
  });

  test('is an ordinary JWS: a JOSE library verifies it', async () => {
    const { protectedHeader } = await compactVerify(await signStatement(claim, key), keys.get(key.kid)!);
    expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: STATEMENT_TYPE, kid: key.kid });
  });

  test('by a key that is not pinned is refused', async () => {
    const other = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
    expect(codeOf(await signStatement(claim, other))).toBe('SIGNATURE_KEY_UNKNOWN');
  });

  test('by another key under a pinned kid is refused', async () => {
    const other = generateKeyPairSync('ed25519').privateKey;
    expect(codeOf(await signStatement(claim, { kid: key.kid, privateKey: other }))).toBe('SIGNATURE_INVALID');
  });

  test('of another type is refused', async () => {
    expect(codeOf(await sign({ typ: 'JWT' }, claims))).toBe('SIGNATURE_WRONG_TYPE');
  });

  test('with any critical extension is refused', async () => {
    const header = { crit: ['https://trustcast.example/x'], 'https://trustcast.example/x': 1 };
    expect(codeOf(await sign(header, claims))).toBe('SIGNATURE_CRITICAL_UNKNOWN');
  });

  test('without a signature algorithm is refused', () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const compact = `${part({ alg: 'none', typ: STATEMENT_TYPE, kid: key.kid })}.${part(claims)}.AA`;
    expect(codeOf(compact)).toBe('SIGNATURE_WRONG_ALGORITHM');
  });

  test('with any one character changed is refused', async () => {
    const compact = await signStatement(claim, key);
    for (let at = 0; at < compact.length; at++) {
      if (compact[at] === '.') continue;
      const changed = compact.slice(0, at) + (compact[at] === 'A' ? 'B' : 'A') + compact.slice(at + 1);
      expect(codeOf(changed)).not.toBe('accepted');
    }
  });

  test.each<[keyof Statement, unknown]>([
    ['installation', 'x'],
    ['environment', undefined],
    ['epoch', -1],
    ['revision', 1.5],
    ['revision', 2 ** 53],
    ['digest', 'AB'.repeat(32)],
    ['issuedAt', '1'],
    ['expiresAt', null],
    ['expiresAt', claims.issuedAt],
    ['expiresAt', claims.issuedAt + 600_001],
  ])('with %s = %p is malformed', async (field, value) => {
    expect(codeOf(await sign({}, { ...claims, [field]: value }))).toBe('MALFORMED');
  });

  test('with a claim that is not known is accepted', async () => {
    expect(verifyStatement(await sign({}, { ...claims, note: 1 }), keys)).toEqual(claims);
  });

  test('over 8 KiB is refused before it is parsed', () => {
    expect(codeOf('x'.repeat(8 * 1024 + 1))).toBe('LIMIT_EXCEEDED');
  });
});

test('the key of RFC 8037 A.1 has the thumbprint of A.3', async () => {
  const privateKey = createPrivateKey({
    key: {
      kty: 'OKP',
      crv: 'Ed25519',
      d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
    },
    format: 'jwk',
  });
  expect((await signingKeyOf(privateKey)).kid).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
});
