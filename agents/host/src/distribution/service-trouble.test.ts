import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ServiceRequestError } from '../errors.js';
import { SERVICE_TROUBLES, serviceTrouble } from './service-trouble.js';

const asked = { url: new URL('https://trustcast.example'), directory: '/var/lib/trustcast/apimanager' };
const answered = (status: number, body = ''): string | null => {
  const answer = { status, headers: {}, body: Buffer.from(body) };
  return serviceTrouble(new ServiceRequestError('HTTP_STATUS', 'x', { answer }), asked);
};

test('docs/operating.md lists every obstacle that doctor names, and no other', () => {
  const page = readFileSync(new URL('../../../../../docs/operating.md', import.meta.url), 'utf8');
  const passage = /names the\s+obstacle with its remedy:([^]*?)The running agent/.exec(page)?.[1] ?? '';
  const listed = [...passage.matchAll(/`([A-Z]\w+)`/g)].map(([, code]) => code);
  const codes = listed.filter((code) => code?.startsWith('TRUSTCAST_') === false);
  expect(codes.sort()).toEqual([...SERVICE_TROUBLES].sort());
});

test.each([
  [
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    '80DC:error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:../deps/x.c',
    'SERVICE_REFUSES_TLS: trustcast.example .*tlsv13 alert certificate required.*no certificate$',
  ],
  [
    'EPROTO',
    'write EPROTO 80DC:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:../deps/x.c',
    'SERVICE_REFUSES_TLS: trustcast.example .*no certificate$',
  ],
  [
    'EPROTO',
    'write EPROTO 80DC:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/x.c',
    'SERVICE_SPEAKS_NO_TLS: .*use http://',
  ],
  [
    'INVALID_PURPOSE',
    'unsuitable certificate purpose',
    'SERVICE_CERTIFICATE_UNUSABLE: .*unsuitable certificate purpose.*issue it anew',
  ],
  ['UNSPECIFIED', 'CA signature digest algorithm too weak', 'SERVICE_CERTIFICATE_UNUSABLE: .*too weak.*SHA-256$'],
  [
    'Z_DATA_ERROR',
    'incorrect \u001b[31m header',
    'SERVICE_FAILS: .*Z_DATA_ERROR: incorrect \ufffd\\[31m header.*look at the service',
  ],
])('a request that fails with %s and "%s" has a finding with its remedy', (code, message, said) => {
  const cause = Object.assign(new Error(message), { code });
  expect(serviceTrouble(new ServiceRequestError('HTTP_FAILED', 'x', { cause }), asked)).toMatch(new RegExp(`^${said}`));
});

test('a request that this agent ends itself is no obstacle', () => {
  const cause = Object.assign(new Error('The operation was aborted'), { code: 'ABORT_ERR' });
  expect(serviceTrouble(new ServiceRequestError('HTTP_FAILED', 'x', { cause }), asked)).toBeNull();
});

describe('a refusal', () => {
  test('of the key asks for the directory first, and then says what the service says', () => {
    const said = answered(409, JSON.stringify({ code: 'KEY_ALREADY_PINNED', detail: 'reenrollAgent(…)' }));
    expect(said).toBe(
      `HOST_KEY_CHANGED: is ${asked.directory} the directory of this agent? If not, correct TRUSTCAST_DIRECTORY. If it is: reenrollAgent(…)`,
    );
    expect(answered(409, '<html>')).toMatch(/^HOST_KEY_CHANGED: .*TRUSTCAST_DIRECTORY.*reenrollAgent$/);
  });

  test('to another place with a name of thousands of characters says what to do all the same', () => {
    const location = `http://${'a.'.repeat(7_000)}x/`;
    const answer = { status: 302, headers: { location }, body: Buffer.alloc(0) };
    const said = serviceTrouble(new ServiceRequestError('HTTP_STATUS', 'x', { answer }), asked) ?? '';
    expect(said.length).toBeLessThan(500);
    expect(said).toMatch(/^SERVICE_MOVED: .*correct TRUSTCAST_SERVICE_URL$/);
  });

  test('of the service that is not well says why, and one of a proxy does not', () => {
    const body = JSON.stringify({ code: 'DATABASE_UNAVAILABLE', detail: 'the database is not available' });
    expect(answered(503, body)).toBe(
      'SERVICE_FAILS: trustcast.example answered 503 (DATABASE_UNAVAILABLE: the database is not available): look at the service, or at what stands before it',
    );
    expect(answered(502, '<html>')).toMatch(/^SERVICE_FAILS: trustcast.example answered 502: look/);
  });

  test('of the token names the mutation that gives one', () => {
    expect(answered(401)).toMatch(/^TOKEN_UNKNOWN: .*TRUSTCAST_AGENT_TOKEN_FILE.*createAgent/);
  });

  test.each([
    [204, ''],
    [400, '<html>'],
    [410, '{"message":"gone"}'],
    [422, 'null'],
  ])('%d without a code of Trustcast is another service’s', (status, body) => {
    expect(answered(status, body)).toMatch(/^SERVICE_IS_ANOTHER: .*TRUSTCAST_SERVICE_URL/);
  });

  test.each([
    [429, ''],
    [429, '{"code":"TOO_MANY_REQUESTS","detail":"try again in 7 s"}'],
    [503, '{"code":"OVERLOADED","detail":"try again in 7 s"}'],
  ])('%d %s at a limit says so, and nothing that differs with each answer', (status, body) => {
    expect(answered(status, body)).toMatch(
      /^SERVICE_LIMITS: trustcast.example answers \d+: .*asks again by itself; where/,
    );
    expect(answered(status, body)).not.toMatch(/7 s/);
  });

  test.each([
    [408, ''],
    [400, '{"code":"MALFORMED"}'],
  ])('%d that passes, or that Trustcast explains, is no obstacle by itself', (status, body) => {
    expect(answered(status, body)).toBeNull();
  });
});
