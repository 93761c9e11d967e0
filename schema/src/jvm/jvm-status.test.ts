import { expect, test } from '@jest/globals';
import { decodeJvmStatus } from './jvm-status.js';

const status = {
  format: 'trustcast-jvm-status/1',
  bootId: '00000000-0000-4000-8000-000000000009',
  pid: 42,
  startTicks: 123_456,
  jdk: { version: '17.0.15', vendor: 'Debian' },
  mainClass: 'ApiManager',
  agentVersion: '0.1.0',
  via: 'premain',
  file: { path: '/var/lib/trustcast/apimanager/truststore.p12', device: '2049', inode: '131' },
  state: 'LIVE',
  reason: null,
  loaded: { sha256: 'ab'.repeat(32), managed: 1, base: 144, loadedAt: '2026-01-01T00:00:00.000Z' },
  alsoInBase: [],
  lastError: null,
  hookErrors: 0,
  patched: ['X509TrustManagerImpl.getAcceptedIssuers'],
  instances: { file: 1, default: 1, other: 0 },
  otherTrust: [{ kind: 'OWN_TRUSTSTORE', name: 'org.apache.kafka.common.network.SslTransportLayer', count: 2 }],
  olderConnections: 3,
  partial: [],
  sequence: 3,
  writtenAt: '2026-01-01T00:00:00.000Z',
};
const decode = (value: unknown) => decodeJvmStatus(Buffer.from(JSON.stringify(value)));

test('a status file reads as what the JVM said', () => {
  expect(decode(status)).toMatchObject({ pid: 42, state: 'LIVE', loaded: { sha256: 'ab'.repeat(32) } });
});

test.each([
  ['format', { format: 'trustcast-jvm-status/2' }],
  ['state', { state: 'UNMANAGED' }],
  ['loaded.sha256', { loaded: { ...status.loaded, sha256: 'x' } }],
  ['file.inode', { file: { ...status.file, inode: '-1' } }],
  ['bootId', { bootId: 'x' }],
  ['mainClass', { mainClass: 'NUL \0' }],
  ['mainClass', { mainClass: 'clears the screen \x1b[2J' }],
  ['reason', { reason: 'reads backwards \u202e' }],
  ['lastError.message', { lastError: { at: 'now', message: 'two\nlines' } }],
  ['reason', { reason: 'half a character \ud83d' }],
  ['writtenAt', { writtenAt: 'yesterday' }],
  ['otherTrust[0].kind', { otherTrust: [{ kind: 'X', name: 'a.B', count: 1 }] }],
  ['otherTrust[0].name', { otherTrust: [{ kind: 'OWN_STACK', name: 'an\u001b[31m escape', count: 1 }] }],
  ['olderConnections', { olderConnections: -1 }],
  ['alsoInBase[0]', { alsoInBase: ['x'.repeat(256)] }],
])('a status file malformed at %s says so', (field, change) => {
  expect(() => decode({ ...status, ...change })).toThrow(expect.objectContaining({ field }));
});

test('a status file may name the entries that its JDK cannot load', () => {
  expect(decode(status).unreadable).toBeUndefined();
  expect(decode({ ...status, unreadable: ['bad'] }).unreadable).toEqual(['bad']);
  expect(() => decode({ ...status, unreadable: [1] })).toThrow(expect.objectContaining({ field: 'unreadable[0]' }));
});

test('a status file of an agent of before says nothing of other trust, nor of older connections', () => {
  const { otherTrust, olderConnections, partial, ...before } = status;
  expect(decode(status)).toMatchObject({ otherTrust, olderConnections, partial, maxEntries: null });
  expect(decode(before)).toMatchObject({ otherTrust: [], olderConnections: null, partial: [], maxEntries: null });
});

test('a number of older connections is a lower bound where the agent does not say that it is all', () => {
  const { partial, ...before } = status;
  expect(partial).toEqual([]);
  expect(decode(before).partial).toEqual(['olderConnections']);
  expect(decode({ ...status, partial: ['olderConnections'] }).partial).toEqual(['olderConnections']);
  expect(() => decode({ ...status, partial: ['x'] })).toThrow(expect.objectContaining({ field: 'partial[0]' }));
});

test('a status file over 64 KB is refused before it is parsed', () => {
  expect(() => decodeJvmStatus(Buffer.alloc(65_537, 0x20))).toThrow(
    expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
  );
});
