import { describe, expect, test } from '@jest/globals';
import { isSafeUrl, parseIssuers } from './issuer-settings.js';

const ISSUER = { issuer: 'https://id.example', audience: 'https://trustcast.example' };
const parse = (...issuers: readonly unknown[]) => parseIssuers(JSON.stringify(issuers));

test('a provider needs its URL and an audience, and has what is safe for the rest', () => {
  expect(parse(ISSUER)).toEqual({
    value: [
      {
        issuer: 'https://id.example',
        audience: ['https://trustcast.example'],
        authorizedParties: null,
        algorithms: expect.not.arrayContaining(['none', 'HS256']) as unknown,
        clockSkewSeconds: 30,
        claims: { subject: ['sub'], name: ['name'], groups: ['groups'] },
        signIn: null,
      },
    ],
  });
});

test('what is given is taken, and the client that people sign in with is an authorized party', () => {
  const parsed = parse({
    issuer: 'http://127.0.0.1:8080/realms/main',
    audience: ['a', 'b'],
    authorizedParties: ['console'],
    algorithms: ['ES256'],
    clockSkewSeconds: 0,
    claims: { groups: ['realm_access', 'roles'] },
    signIn: { clientId: 'cli', scopes: ['openid'], parameters: { resource: 'r' }, token: 'id_token' },
  });
  expect(parsed).toEqual({
    value: [
      {
        issuer: 'http://127.0.0.1:8080/realms/main',
        audience: ['a', 'b'],
        authorizedParties: ['console', 'cli'],
        algorithms: ['ES256'],
        clockSkewSeconds: 0,
        claims: { subject: ['sub'], name: ['name'], groups: ['realm_access', 'roles'] },
        signIn: { clientId: 'cli', scopes: ['openid'], parameters: { resource: 'r' }, token: 'id_token' },
      },
    ],
  });
});

describe('refused by the name of what is wrong, and without its value, is', () => {
  test.each<[string, string, string]>([
    ['no JSON', '[', 'must hold JSON'],
    ['an object', '{}', 'JSON array'],
    ['an empty list', '[]', 'JSON array'],
    ['a text in the place of a provider', '["secret"]', '[0]'],
  ])('%s', (_what, text, place) => {
    expect(parseIssuers(text)).toEqual({ problem: expect.stringContaining(place) as unknown });
  });

  test.each<[string, object, string]>([
    ['no issuer', { issuer: undefined }, 'issuer'],
    ['an issuer over http of another machine', { issuer: 'http://secret.example' }, 'issuer'],
    ['an issuer with a query', { issuer: 'https://secret.example/?a' }, 'issuer'],
    ['an issuer with a password', { issuer: 'https://secret:secret@id.example' }, 'issuer'],
    ['no audience', { audience: undefined }, 'audience'],
    ['an empty audience', { audience: [] }, 'audience'],
    ['the algorithm none', { algorithms: ['none'] }, 'algorithms'],
    ['an algorithm with a shared secret', { algorithms: ['HS256'] }, 'algorithms'],
    ['no algorithm', { algorithms: [] }, 'algorithms'],
    ['a skew of an hour', { clockSkewSeconds: 3_600 }, 'clockSkewSeconds'],
    ['a skew that is no number', { clockSkewSeconds: 'secret' }, 'clockSkewSeconds'],
    ['claims that are a text', { claims: 'secret' }, 'claims'],
    ['an unknown claim', { claims: { secret: 'x' } }, 'claims'],
    ['a sign-in without a client', { signIn: {} }, 'clientId'],
    ['a sign-in with another token', { signIn: { clientId: 'c', token: 'secret' } }, 'token'],
    ['a member that is mistyped', { audiences: 'secret' }, 'no other members'],
  ])('%s', (_what, broken, place) => {
    const parsed = parse({ ...ISSUER, ...broken });
    expect(parsed).toEqual({ problem: expect.stringContaining(place) as unknown });
    expect(JSON.stringify(parsed)).not.toContain('secret');
  });

  test('a provider that is named twice', () => {
    expect(parse(ISSUER, ISSUER)).toEqual({ problem: expect.stringContaining('twice') as unknown });
  });
});

test.each([
  ['https://id.example', true],
  ['http://localhost:1', true],
  ['http://[::1]:1', true],
  ['http://127.0.0.1.example', false],
  ['http://id.example', false],
  ['file:///etc/passwd', false],
  ['id.example', false],
])('%s is safe: %s', (url, safe) => {
  expect(isSafeUrl(url)).toBe(safe);
});
