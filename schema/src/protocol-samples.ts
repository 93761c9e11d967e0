import type { AgentStatus } from './agent/agent-status.js';
import { HOST_FACTS, type HostFacts } from './agent/host-facts.js';
import type { CertificateExpiring } from './nats/certificate-expiring.js';

const uuid = '11111111-2222-4333-8444-555555555555';
const hash = 'ab'.repeat(32);
const position = { epoch: 1, revision: 2 };

const facts = Object.fromEntries(
  Object.entries(HOST_FACTS).map(([name, { type }]) => [name, { NUMBER: 1, TEXT: 'text' }[type]]),
) as unknown as HostFacts;
const status: AgentStatus = {
  agent: uuid,
  installation: uuid,
  environment: uuid,
  session: 1,
  startedAt: 1,
  sequence: 1,
  sentAt: 1,
  agentVersion: '1',
  hostname: 'host',
  bootId: uuid,
  state: 'WRITTEN',
  reason: null,
  written: position,
  managed: 1,
  base: 1,
  ...facts,
  statement: 'a.b.c',
  clockOffsetMs: -1,
  refused: {},
  jvms: [
    {
      id: 'ab'.repeat(16),
      pid: 1,
      startedAt: 1,
      jdkVersion: '17',
      mainClass: 'Main',
      via: 'premain',
      state: 'LIVE',
      reason: null,
      at: position,
      alsoInBase: [],
      otherTrust: [{ kind: 'OWN_STACK', name: 'io.netty', count: 1 }],
      olderConnections: 0,
      maxEntries: 1,
      lastError: null,
      partial: [],
    },
  ],
  leftOut: { reason: null, jvms: {}, files: 0 },
  quarantine: { entries: [{ alias: 'a', fingerprint: hash, jdk: '/jdk' }], total: 1 },
};

/** The largest documents of the protocol, with every member. */
export function samples(kid: string): { readonly status: AgentStatus; readonly expiring: CertificateExpiring } {
  const expiring: CertificateExpiring = {
    environment: { id: uuid, name: 'apimanager' },
    certificate: { id: uuid, name: 'partner-ca' },
    alias: 'partner-ca',
    jwks: [{ id: uuid, name: 'partner', kid }],
    fingerprint: hash,
    subject: 'CN=partner',
    notAfter: '2027-01-01T00:00:00.000Z',
    days: 30,
    daysLeft: 29,
  };
  return { status, expiring };
}
