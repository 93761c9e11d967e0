import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { type AgentOfItself, decodeAgentOfItself } from './agent/agent-of-itself.js';
import { AGENT_STATUS_TYPE, verifyAgentStatus } from './agent/agent-status.js';
import {
  type BaseAnswer,
  type BaseReport,
  baseDigest,
  decodeBaseAnswer,
  decodeBaseReport,
} from './agent/base-report.js';
import { type ChangeMessage, decodeChangeMessage } from './nats/change-message.js';
import { type HeldSet, type HeldSetAnswer, decodeHeldSet, decodeHeldSetAnswer } from './agent/held-set.js';
import * as contract from './index.js';
import {
  type KeyDocument,
  type KeyList,
  type Root,
  decodeKeyDocument,
  decodeKeyList,
  decodeRoot,
} from './keys/key-document.js';
import { unsigned } from './keys/multi-signed.js';
import { type JvmStatus, decodeJvmStatus } from './jvm/jvm-status.js';
import { ENROLLMENT_REQUEST_TYPE, type EnrollmentRequest, verifyEnrollmentRequest } from './agent/enrollment.js';
import {
  REGISTRATION_REQUEST_TYPE,
  type Registration,
  type RegistrationRequest,
  decodeRegistration,
  registrationTokenOf,
  verifyRegistrationRequest,
} from './agent/registration.js';
import { samples } from './protocol-samples.js';
import { publicJwkOf, signingKeyOf } from './signed/ed25519-key.js';
import { signDocument } from './signed/signed-document.js';
import { STATEMENT_TYPE, type Statement, verifyStatement } from './signed/statement.js';

/** The tables of docs/protocol.md name every member that a decoder reads, no other, and which of them may be missing. */
const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');

const key = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
const { privateKey } = key;
const publicKey = await publicJwkOf(privateKey);
const keys = new Map([[key.kid, createPublicKey(privateKey)]]);

const uuid = '11111111-2222-4333-8444-555555555555';
const hash = 'ab'.repeat(32);
const position = { epoch: 1, revision: 2 };
const der = Buffer.from('DER').toString('base64');
const baseEntries = [{ alias: 'base/a', der }];
const otherTrust = [{ kind: 'OWN_STACK', name: 'io.netty', count: 1 }];

const { status, expiring } = samples(key.kid);
const statement: Statement = {
  installation: uuid,
  environment: uuid,
  ...position,
  digest: hash,
  issuedAt: 1,
  expiresAt: 2,
};
const signed = { payload: 'e30', signatures: [{ protected: 'e30', signature: 'AA' }] };
const document = { roots: [signed], list: signed };

type Json = Record<string, unknown>;
/** A sample has every member, those that may be missing included: the compiler asks for a new one. */
type Members<T> = Readonly<Record<keyof T, unknown>>;
interface Document {
  readonly sample: unknown;
  /** undefined: unsigned news that nobody of ours decodes. */
  readonly read?: (document: Json) => unknown;
}

const DOCUMENTS: Record<string, Document> = {
  statement: {
    sample: statement,
    read: async (claims) => verifyStatement(await signDocument(STATEMENT_TYPE, claims, key), keys),
  },
  'change message': {
    sample: {
      statement: 'a.b.c',
      from: position,
      upserts: [{ alias: 'a', der }],
      removals: ['b'],
      keyList: document,
    } satisfies Members<ChangeMessage>,
    read: (message) => decodeChangeMessage(Buffer.from(JSON.stringify(message))),
  },
  'key document': {
    sample: document satisfies Members<KeyDocument>,
    read: (value) => decodeKeyDocument(value, 'keys'),
  },
  root: {
    sample: { installation: uuid, version: 1, threshold: 1, keys: [key.kid] } satisfies Members<Root>,
    read: (claims) => decodeRoot(unsigned(claims)),
  },
  'key list': {
    sample: {
      installation: uuid,
      rootVersion: 1,
      version: 1,
      issuedAt: 1,
      expiresAt: 2,
      keys: [{ key: publicKey, notBefore: 1, notAfter: 2 }],
      startFrom: [{ environment: uuid, ...position }],
    } satisfies Members<KeyList>,
    read: (claims) => decodeKeyList(unsigned(claims)),
  },
  'registration request': {
    sample: {
      publicKey,
      hostname: 'host',
      agentVersion: '1',
      token: registrationTokenOf('t'),
      nonce: hash,
    } satisfies Members<RegistrationRequest>,
    read: async (claims) => verifyRegistrationRequest(await signDocument(REGISTRATION_REQUEST_TYPE, claims, key)),
  },
  'enrollment request': {
    sample: {
      publicKey,
      name: 'n',
      environment: 'apimanager',
      hostname: 'h',
      agentVersion: '1',
      token: publicKey.x,
      nonce: hash,
    } satisfies Members<EnrollmentRequest>,
    read: async (claims) => verifyEnrollmentRequest(await signDocument(ENROLLMENT_REQUEST_TYPE, claims, key)),
  },
  registration: {
    sample: {
      agent: uuid,
      installation: uuid,
      environment: { id: uuid, name: 'apimanager' },
      session: 1,
      issuedAt: 1,
      position,
      signingKeys: [publicKey],
      nats: { servers: ['nats://localhost'], user: 'u', password: 'p' },
    } satisfies Required<Registration>,
    read: decodeRegistration,
  },
  'base report': {
    sample: {
      digest: baseDigest([{ alias: 'base/a', der: Buffer.from('DER') }]),
      entries: baseEntries,
    } satisfies Members<BaseReport>,
    read: decodeBaseReport,
  },
  'base answer': { sample: { known: true } satisfies Members<BaseAnswer>, read: decodeBaseAnswer },
  'agent of itself': {
    sample: { duplicate: 'DUPLICATE: two' } satisfies Members<AgentOfItself>,
    read: (document) => decodeAgentOfItself(Buffer.from(JSON.stringify(document))),
  },
  'held set': {
    sample: { statement: 'a.b.c', entries: [{ alias: 'a', fingerprint: hash }] } satisfies Members<HeldSet>,
    read: decodeHeldSet,
  },
  'held set answer': {
    sample: { known: true, wanted: false } satisfies Members<HeldSetAnswer>,
    read: decodeHeldSetAnswer,
  },
  'host report': {
    sample: status,
    read: async (claims) => verifyAgentStatus(await signDocument(AGENT_STATUS_TYPE, claims, key), keys),
  },
  'JVM status': {
    sample: {
      format: 'trustcast-jvm-status/1',
      bootId: uuid,
      pid: 1,
      startTicks: 1,
      jdk: { version: '17', vendor: 'v' },
      mainClass: 'Main',
      agentVersion: '1',
      via: 'premain',
      file: { path: '/t', device: '1', inode: '2' },
      state: 'LIVE',
      reason: null,
      loaded: { sha256: hash, managed: 1, base: 1, loadedAt: '2026-01-01T00:00:00Z' },
      alsoInBase: [],
      unreadable: [],
      lastError: { at: '2026-01-01T00:00:00Z', message: 'm' },
      hookErrors: 0,
      otherTrust,
      olderConnections: 0,
      maxEntries: 1,
      partial: [],
      sequence: 1,
      writtenAt: '2026-01-01T00:00:00Z',
    } satisfies Members<JvmStatus & { format: string }>,
    read: (document) => decodeJvmStatus(Buffer.from(JSON.stringify(document))),
  },
  'expiry event': { sample: expiring },
};

/** Keys in which anything may stand: codes, states, the members of a JWK, bytes. */
const OPEN = /^(refused|leftOut\.jvms|publicKey|signingKeys\[\]|keyList|keys\[\]\.key|.*\.der)$/;

/** Paths of the members of a value, `[]` for the items of a list. */
function membersOf(value: unknown, path = ''): string[] {
  if (OPEN.test(path) || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.length === 0 ? [] : membersOf(value[0], `${path}[]`);
  return Object.entries(value).flatMap(([name, inner]) => {
    const own = path === '' ? name : `${path}.${name}`;
    return [own, ...membersOf(inner, own)];
  });
}

/** The document without one member, by its path. */
function without(document: Json, path: string): Json {
  const copy = structuredClone(document);
  const names = path.replaceAll('[]', '.0').split('.');
  const last = names.pop()!;
  const parent = names.reduce<Json>((inner, name) => inner[name] as Json, copy);
  Reflect.deleteProperty(parent, last);
  return copy;
}

/** Rows of a table of the page: the member, and whether it may be missing. */
function rowsOf(name: string): Record<string, boolean> {
  const table = new RegExp(`<!-- members: ${name} -->([^]*?)<!-- end -->`).exec(page)?.[1] ?? '';
  const rows = [...table.matchAll(/^\| `([^`]+)`\s*\|.*\| (required|optional)\b.*\|$/gm)];
  return Object.fromEntries(rows.map(([, member = '', need]) => [member, need === 'optional'] as const));
}

async function isOptional({ sample, read }: Document, path: string): Promise<boolean> {
  try {
    await read!(without(sample as Json, path));
    return true;
  } catch {
    return false;
  }
}

test.each(Object.entries(DOCUMENTS))(
  '%s: the page has its members, and says which may be missing',
  async (name, it) => {
    const members = membersOf(it.sample);
    if (it.read) await it.read(it.sample as Json);
    const expected = await Promise.all(
      members.map(async (path) => [path, it.read !== undefined && (await isOptional(it, path))] as const),
    );
    expect(rowsOf(name)).toEqual(Object.fromEntries(expected));
  },
);

test('every member that a decoder returns is in its sample', async () => {
  for (const { sample, read } of Object.values(DOCUMENTS)) {
    if (!read) continue;
    const known = membersOf(sample);
    expect(membersOf(await read(sample as Json)).filter((path) => !known.includes(path))).toEqual([]);
  }
});

test('every table of the page is held to a document', () => {
  const tables = [...page.matchAll(/<!-- members: (.+?) -->/g)].map(([, name]) => name);
  expect(tables.sort()).toEqual(Object.keys(DOCUMENTS).sort());
});

/** Readers of a part of a document, or of one that was verified before. */
const OF_A_PART = ['decodePosition', 'decodeLeftOut', 'verifyDocument', 'verifyRegistration', 'verifyKeyDocument'];

test('every reader of a document that is exported has its table', () => {
  const readers = Object.keys(contract).filter(
    (name) => /^(decode|verify)[A-Z]/.test(name) && !OF_A_PART.includes(name),
  );
  const used = Object.values(DOCUMENTS).map(({ read }) => read?.toString() ?? '');
  const direct = Object.values(DOCUMENTS).map(({ read }) => read?.name);
  expect(readers.filter((name) => !direct.includes(name) && !used.some((text) => text.includes(name)))).toEqual([]);
});
