import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { type AgentStatus, signAgentStatus, verifyAgentStatus } from './agent-status.js';
import { factsOf } from './host-facts.js';
import { MalformedError, SignatureError } from '../errors.js';
import { isIncomplete } from './left-out.js';
import { keyFromJwk, publicJwkOf, signingKeyOf } from '../signed/ed25519-key.js';

const status: AgentStatus = {
  agent: '00000000-0000-4000-8000-000000000003',
  installation: '00000000-0000-4000-8000-000000000001',
  environment: '00000000-0000-4000-8000-000000000002',
  session: 1_767_225_400_000,
  startedAt: 1_700_000_000_000,
  sequence: 4,
  sentAt: 1_700_000_000_500,
  agentVersion: '0.1.0',
  hostname: 'host-1',
  bootId: '3f2a4b3e-8c5f-4d4e-9a52-0d8f6a1b2c3d',
  state: 'WRITTEN',
  reason: null,
  written: { epoch: 1, revision: 7 },
  managed: 3,
  base: 144,
  ...factsOf({ issuerBytes: 15_000 }),
  statement: 'a.b.c',
  clockOffsetMs: -12,
  refused: { SIGNATURE_INVALID: 2 },
  jvms: [
    {
      id: '0123456789abcdef0123456789abcdef',
      pid: 4242,
      startedAt: 1_699_999_000_000,
      jdkVersion: '17.0.15',
      mainClass: 'ApiManager',
      via: 'premain',
      state: 'LIVE',
      reason: null,
      at: { epoch: 1, revision: 7 },
      otherTrust: [],
      olderConnections: null,
      maxEntries: null,
      lastError: null,
      alsoInBase: ['partner-ca'],
      partial: ['alsoInBase'],
    },
  ],
  leftOut: { reason: 'JVMS_LEFT_OUT: 3 JVMs do not fit', jvms: { LIVE: 2, UNMANAGED: 1 }, files: 7 },
  quarantine: { entries: [{ alias: 'partner-ca', fingerprint: 'a'.repeat(64), jdk: '/opt/jdk' }], total: 2 },
};

test('a status reads back what the agent signed, and is believed by its key alone', async () => {
  const key = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
  const compact = await signAgentStatus(status, key);
  const keys = new Map([[key.kid, keyFromJwk(await publicJwkOf(key.privateKey))]]);
  expect(verifyAgentStatus(compact, keys)).toEqual(status);
  expect(() => verifyAgentStatus(compact, new Map())).toThrow(SignatureError);
});

test('a status of an agent that knew nothing of it has left nothing out and quarantined nothing', async () => {
  const key = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
  const keys = new Map([[key.kid, keyFromJwk(await publicJwkOf(key.privateKey))]]);
  const { leftOut: _leftOut, quarantine: _quarantine, ...before } = status;
  const read = verifyAgentStatus(await signAgentStatus(before as AgentStatus, key), keys);
  expect(read).toMatchObject({ leftOut: null, quarantine: null });
});

test.each([
  [false, null],
  [false, { reason: null, jvms: { UNMANAGED: 9, LIVE: 0 }, files: 0 }],
  [true, { reason: null, jvms: { LIVE: 1 }, files: 0 }],
  [true, { reason: null, jvms: {}, files: 1 }],
  [true, { reason: 'JVMS_LEFT_OUT: 1 JVM does not fit', jvms: { UNMANAGED: 1 }, files: 0 }],
])('a host is incomplete (%p) where a JVM that counts may be missing (%#)', (incomplete, leftOut) => {
  expect(isIncomplete(leftOut)).toBe(incomplete);
});

test.each([
  ['jvms[0].state', { jvms: [{ ...status.jvms[0], state: 'FINE' }] }],
  ['jvms[0].pid', { jvms: [{ ...status.jvms[0], pid: 2 ** 40 }] }],
  ['jvms[0].startedAt', { jvms: [{ ...status.jvms[0], startedAt: 9e15 }] }],
  ['jvms[0].at.revision', { jvms: [{ ...status.jvms[0], at: { epoch: 1, revision: 2 ** 31 } }] }],
  ['written.epoch', { written: { epoch: 2 ** 31, revision: 1 } }],
  ['managed', { managed: 2 ** 31 }],
  ['base', { base: 2 ** 31 }],
  ['refused.X', { refused: { X: 2 ** 31 } }],
  ['jvms[0].id', { jvms: [{ ...status.jvms[0], id: '../../etc' }] }],
  ['state', { state: 'LIVE' }],
  ['written.revision', { written: { epoch: 1 } }],
  ['refused.X', { refused: { X: -1 } }],
  ['refused', { refused: { '\x1b[2J': 1 } }],
  ['hostname', { hostname: 'host\n2' }],
  ['bootId', { bootId: 'yesterday' }],
  ['reason', { reason: 'FAILED: \u202eLIVE' }],
  ['jvms[0].mainClass', { jvms: [{ ...status.jvms[0], mainClass: 'a\x9b2Jb' }] }],
  ['jvms[0].alsoInBase[0]', { jvms: [{ ...status.jvms[0], alsoInBase: ['a\u2066b'] }] }],
  ['jvms[0].partial[0]', { jvms: [{ ...status.jvms[0], partial: ['state'] }] }],
  ['leftOut.jvms', { leftOut: { ...status.leftOut, jvms: { FINE: 1 } } }],
  ['leftOut.jvms.LIVE', { leftOut: { ...status.leftOut, jvms: { LIVE: -1 } } }],
  ['leftOut.files', { leftOut: { ...status.leftOut, files: null } }],
  ['leftOut.reason', { leftOut: { ...status.leftOut, reason: 'a\x1b[2J' } }],
  [
    'quarantine.entries[0].fingerprint',
    { quarantine: { entries: [{ alias: 'a', fingerprint: 'A', jdk: 'j' }], total: 1 } },
  ],
  [
    'quarantine.entries[0].jdk',
    { quarantine: { entries: [{ ...status.quarantine!.entries[0], jdk: '\n' }], total: 1 } },
  ],
  ['quarantine.total', { quarantine: { ...status.quarantine, total: 0 } }],
  ['clockOffsetMs', { clockOffsetMs: '1' }],
])('a status malformed at %s says so', async (field, change) => {
  const key = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
  const keys = new Map([[key.kid, keyFromJwk(await publicJwkOf(key.privateKey))]]);
  const compact = await signAgentStatus({ ...status, ...change } as AgentStatus, key);
  expect(() => verifyAgentStatus(compact, keys)).toThrow(expect.objectContaining({ field, code: 'MALFORMED' }));
  expect(() => verifyAgentStatus(compact, keys)).toThrow(MalformedError);
});
