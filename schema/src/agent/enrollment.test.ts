import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { signingKeyOf } from '../signed/ed25519-key.js';
import { formatEnrollmentToken, parseEnrollmentToken } from './enrollment-token.js';
import { signEnrollmentRequest, verifyEnrollmentRequest } from './enrollment.js';

const pin = (await signingKeyOf(generateKeyPairSync('ed25519').privateKey)).kid;
const newKey = () => signingKeyOf(generateKeyPairSync('ed25519').privateKey);

describe('an enrollment token', () => {
  test('holds a pin and a key, and is another one for every secret', () => {
    const secret = randomBytes(32);
    const token = formatEnrollmentToken(secret, pin);
    expect(token).toMatch(/^tce_[0-9A-Za-z]{92}$/);
    const read = parseEnrollmentToken(token);
    expect(read.pin).toBe(pin);
    expect(createPublicKey(read.privateKey).export({ format: 'jwk' })).toEqual(read.publicKey);
    expect(parseEnrollmentToken(formatEnrollmentToken(secret, pin)).publicKey).toEqual(read.publicKey);
    expect(parseEnrollmentToken(formatEnrollmentToken(randomBytes(32), pin)).publicKey).not.toEqual(read.publicKey);
  });

  test.each([Buffer.alloc(32), Buffer.alloc(32, 0xff)])('of the least and the greatest secret is one', (secret) => {
    expect(parseEnrollmentToken(formatEnrollmentToken(secret, pin)).pin).toBe(pin);
  });

  test.each([
    ['mistyped', (token: string) => token.slice(0, 10) + (token[10] === 'A' ? 'B' : 'A') + token.slice(11)],
    ['cut', (token: string) => token.slice(0, -1)],
    ['a token of another kind', () => `tca_${'0'.repeat(49)}`],
    ['empty', () => ''],
  ])('that is %s is refused, and not shown', (_what, change) => {
    const token = change(formatEnrollmentToken(randomBytes(32), pin));
    expect(() => parseEnrollmentToken(token)).toThrow(/^token: is /);
    expect(() => parseEnrollmentToken(token)).not.toThrow(token.slice(4) || 'never');
  });
});

describe('the request of a host that enrolls', () => {
  const said = {
    name: 'web-1',
    environment: 'apimanager',
    hostname: 'web-1',
    agentVersion: '1',
    token: 'A'.repeat(43),
  };

  test('is verified by the key that it carries', async () => {
    const key = await newKey();
    const { publicKey, nonce, ...rest } = verifyEnrollmentRequest(await signEnrollmentRequest(said, key));
    expect(rest).toEqual(said);
    expect(nonce).toMatch(/^[0-9a-f]{64}$/);
    expect(publicKey).toEqual(createPublicKey(key.privateKey).export({ format: 'jwk' }));
  });

  test('with the key of somebody else in it is refused', async () => {
    const [head = '', body = '', signature = ''] = (await signEnrollmentRequest(said, await newKey())).split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as { publicKey: object };
    claims.publicKey = createPublicKey((await newKey()).privateKey).export({ format: 'jwk' });
    const forged = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    expect(() => verifyEnrollmentRequest(forged)).toThrow(expect.objectContaining({ code: 'SIGNATURE_KEY_UNKNOWN' }));
  });
});
