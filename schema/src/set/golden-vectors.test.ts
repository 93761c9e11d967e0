import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { type AgentStatus, signAgentStatus, verifyAgentStatus } from '../agent/agent-status.js';
import { factsOf } from '../agent/host-facts.js';
import { foldAlias, parseAlias } from '../text/alias.js';
import { EMPTY_SET, applyDelta, digestOf } from './certificate-set.js';
import { decodeChangeMessage, encodeChangeMessage } from '../nats/change-message.js';
import {
  type Registration,
  type RegistrationRequest,
  registrationTokenOf,
  signRegistration,
  signRegistrationRequest,
  verifyRegistration,
  verifyRegistrationRequest,
} from '../agent/registration.js';
import { type Ed25519Jwk, keyFromJwk, signingKeyOf } from '../signed/ed25519-key.js';
import { statusLockOf } from '../jvm/status-lock.js';
import { signStatement, verifyStatement } from '../signed/statement.js';
import { subjectsOf } from '../nats/subjects.js';

/** Another implementation of the contract is right when it produces these bytes. */
interface Vectors {
  scope: { installation: string; environment: string };
  sets: { upserts: { alias: string; der: string }[]; digest: string }[];
  key: Ed25519Jwk & { d: string; kid: string };
  statement: { claims: Parameters<typeof signStatement>[0]; compact: string };
  message: { from: { epoch: number; revision: number }; upserts: { alias: string; der: string }[]; removals: string[] };
  messageText: string;
  aliases: { alias: string; folded: string }[];
  status: { content: AgentStatus; compact: string };
  registration: {
    token: string;
    request: RegistrationRequest;
    requestCompact: string;
    content: Registration;
    compact: string;
  };
  statusLock: { text: string; position: string; size: string };
  subjects: Record<'changed' | 'expiring' | 'heartbeat' | 'status' | 'allStatus' | 'stream', string>;
}
const vectors = JSON.parse(readFileSync(new URL('../../../vectors/v1.json', import.meta.url), 'utf8')) as Vectors;
const entries = (list: { alias: string; der: string }[]) =>
  list.map(({ alias, der }) => ({ alias, der: Buffer.from(der, 'base64') }));

test.each(vectors.sets)('digest $digest', ({ upserts, digest }) => {
  expect(digestOf(vectors.scope, applyDelta(EMPTY_SET, { upserts: entries(upserts), removals: [] }))).toBe(digest);
});

test('the statement, byte for byte: Ed25519 is deterministic', async () => {
  const { kid, ...jwk } = vectors.key;
  const key = await signingKeyOf(createPrivateKey({ key: jwk, format: 'jwk' }));
  expect(key.kid).toBe(kid);
  expect(await signStatement(vectors.statement.claims, key)).toBe(vectors.statement.compact);
  expect(verifyStatement(vectors.statement.compact, new Map([[kid, keyFromJwk(jwk)]]))).toMatchObject(
    vectors.statement.claims,
  );
});

test('the message, byte for byte', () => {
  const { from, upserts, removals } = vectors.message;
  const message = { statement: vectors.statement.compact, from, upserts: entries(upserts), removals };
  expect(encodeChangeMessage(message).toString()).toBe(vectors.messageText);
  expect(decodeChangeMessage(Buffer.from(vectors.messageText))).toEqual(message);
});

test.each(vectors.aliases)('the alias $alias folds to $folded', ({ alias, folded }) => {
  expect(foldAlias(parseAlias(alias))).toBe(folded);
});

test('the status, byte for byte', async () => {
  const { kid, ...jwk } = vectors.key;
  const { content, compact } = vectors.status;
  expect(await signAgentStatus(content, await signingKeyOf(createPrivateKey({ key: jwk, format: 'jwk' })))).toBe(
    compact,
  );
  // It is of an agent that says nothing of these.
  expect(verifyAgentStatus(compact, new Map([[kid, keyFromJwk(jwk)]]))).toEqual({
    ...content,
    quarantine: null,
    ...factsOf(null),
    bootId: null,
  });
});

test('the subjects and the stream carry the installation', () => {
  const { changed, expiring, heartbeat, status, allStatus, stream } = subjectsOf(vectors.scope.installation);
  const name = 'apimanager';
  expect({
    changed: changed(name),
    expiring: expiring(name),
    heartbeat: heartbeat(name),
    status: status(name, vectors.status.content.agent),
    allStatus,
    stream,
  }).toEqual(vectors.subjects);
});

test('the range that a JVM locks for its status', () => {
  const { text, position, size } = vectors.statusLock;
  expect(statusLockOf(Buffer.from(text))).toEqual({ position: BigInt(position), size: BigInt(size) });
});

test('the registration and its answer, byte for byte', async () => {
  const { kid, ...jwk } = vectors.key;
  const key = await signingKeyOf(createPrivateKey({ key: jwk, format: 'jwk' }));
  const { token, request, requestCompact, content, compact } = vectors.registration;
  expect(registrationTokenOf(token)).toBe(request.token);
  expect(await signRegistrationRequest(request, key)).toBe(requestCompact);
  expect(verifyRegistrationRequest(requestCompact)).toEqual(request);
  expect(await signRegistration(content, requestCompact, key)).toBe(compact);
  const answer = { signingKeys: content.signingKeys, registration: compact };
  expect(verifyRegistration(answer, requestCompact, [kid])).toEqual(content);
});
