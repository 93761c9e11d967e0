import { createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { natsLogin, natsUserOf } from './nats-user.js';

/** The key of RFC 8037, appendix A.1. */
const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';
const privateKey = createPrivateKey({
  key: { kty: 'OKP', crv: 'Ed25519', d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', x },
  format: 'jwk',
});

test('a key has the name that the NATS project’s own encoder gives it', () => {
  expect(natsUserOf({ kty: 'OKP', crv: 'Ed25519', x })).toBe(
    'UDLVVGABQKYQVN6VJP7NHSLEA45A5YLS6PNKMIZFV4BBU2HXA5IRUVAL',
  );
});

describe('a challenge', () => {
  test('is answered with name and signature', () => {
    const { nkey, sig } = natsLogin(privateKey, 'V5kq9cYwR8e_1-A')!;
    expect(nkey).toBe(natsUserOf({ kty: 'OKP', crv: 'Ed25519', x }));
    const signature = Buffer.from(sig, 'base64url');
    expect(verify(null, Buffer.from('V5kq9cYwR8e_1-A'), createPublicKey(privateKey), signature)).toBe(true);
  });

  test.each([
    ['is missing', undefined],
    ['is what a signed status would be made from', 'eyJhbGciOiJFZERTQSJ9.eyJzdGF0ZSI6IldSSVRURU4ifQ'],
    ['is empty', ''],
    ['is long', 'A'.repeat(65)],
    ['has other characters', 'a\nb'],
  ])('that %s is not', (_what, nonce) => {
    expect(natsLogin(privateKey, nonce)).toBeUndefined();
  });
});
