#!/usr/bin/env node
// Follows the certificates of a GATEWAY environment; see ../gateway-consumer.md. Prints one line of JSON per step.
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import {
  EMPTY_SET,
  KeyListError,
  agentPaths,
  applyDelta,
  comparePositions,
  contentDigestOf,
  decodeChangeMessage,
  decodeKeyDocument,
  digestOf,
  encodeChangeMessage,
  formatPosition,
  inboxOf,
  keyFromJwk,
  keysAt,
  natsLogin,
  parseEnrollmentToken,
  parseKeyDocument,
  publicJwkOf,
  signAgentStatus,
  signEnrollmentRequest,
  signHttpRequest,
  signRegistrationRequest,
  signingKeyOf,
  streamInboxOf,
  subjectsOf,
  thumbprintOf,
  verifyKeyDocument,
  verifyRegistration,
  verifyStatement,
} from '@trustcast/schema';

const { SERVICE_URL, ENROLLMENT_TOKEN = '', ENVIRONMENT = 'edge', NAME = hostname(), FOLDER = 'gateway' } = process.env;
/** How long the stream may take to push what it has. */
const QUIET_MS = 1_000;
/** A gateway that says nothing for 60 s is UNREACHABLE. */
const REPORT_MS = { soon: 200, again: 20_000 };
const say = (event, fields = {}) => process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);

mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
const privateKey = createPrivateKey(await kept('key.pem', newKey));
const key = await signingKeyOf(privateKey);
const { x: keyId } = await publicJwkOf(privateKey);
/** The list of signing keys that the root has signed, as it was taken last; null: there is none, and the pins decide. */
let trusted = null;
/** What the gateway enrolled with, once: the token is not needed any more. */
const enrolled = JSON.parse(await kept('enrollment.json', enroll));
if (existsSync(join(FOLDER, 'keys.json')))
  trusted = verifyKeyDocument(parseKeyDocument(readFileSync(join(FOLDER, 'keys.json'), 'utf8')), enrolled.pinnedKeys);
const { agent, installation, environment, session, signingKeys, nats } = await register();
const pinned = new Map(
  signingKeys
    .filter((jwk) => enrolled.pinnedKeys.includes(thumbprintOf(jwk)))
    .map((jwk) => [thumbprintOf(jwk), keyFromJwk(jwk)]),
);
const run = { startedAt: Date.now(), sequence: 0 };
let reporting;
const scope = { installation, environment: environment.id };
const subjects = subjectsOf(installation);

// What this gateway holds: a whole set with the statement that it is of, or nothing yet.
let held = { position: { epoch: 0, revision: -1 }, set: EMPTY_SET };
const before = existsSync(join(FOLDER, 'set.json')) ? readFileSync(join(FOLDER, 'set.json')) : null;
if (before && isSignedBy(notTakenBack(), decodeChangeMessage(before).statement)) take(before, 'folder', notTakenBack());
else await pull();

const connection = await connect({
  servers: [...nats.servers],
  authenticator: nats.user === null ? (nonce) => natsLogin(privateKey, nonce) : [],
  ...(nats.user !== null && { user: nats.user, pass: nats.password }),
  inboxPrefix: inboxOf(agent),
  ignoreAuthErrorAbort: true,
  maxReconnectAttempts: -1,
  waitOnFirstConnect: true,
});
// The service has the stream push what is new into this inbox while somebody listens there, in its order.
let replaying = true;
let quiet = setTimeout(isWhole, QUIET_MS);
connection.subscribe(streamInboxOf(agent), {
  callback: (_error, message) => void exclusively(() => follow(message.data)),
});
connection.subscribe(subjects.heartbeat(environment.name), {
  // What it tells of may be on its way through the stream.
  callback: (_error, { data }) => void delay(QUIET_MS).then(() => !replaying && exclusively(() => compare(data))),
});
await connection.flush();
say('following');
setInterval(reportSoon, REPORT_MS.again);

async function follow(bytes) {
  await receive(bytes);
  if (!replaying) return;
  clearTimeout(quiet);
  quiet = setTimeout(isWhole, QUIET_MS);
}

/** The stream may have lost something: the service says where the environment is, once all that is left was read. */
async function isWhole() {
  await exclusively(async () => compare(await ask(agentPaths.heartbeat(environment.name))));
  replaying = false;
}

/** The keys whose signatures are believed now. */
function believed() {
  return trusted ? keysAt(trusted, Date.now()) : pinned;
}

/** Those whose signatures still hold on what was taken before, whatever their dates: a list may end while the service is down. */
function notTakenBack() {
  return trusted ? keysAt(trusted, null) : pinned;
}

function isSignedBy(keys, statement) {
  try {
    return Boolean(verifyStatement(statement, keys));
  } catch {
    return false;
  }
}

/** Takes a list of signing keys that follows from what is pinned and is newer than the one that is known. */
function takeKeys(keyList, pins) {
  if (keyList === undefined) return false;
  try {
    const next = verifyKeyDocument(decodeKeyDocument(keyList, 'keyList'), pins, trusted);
    if (next.document.list.payload === trusted?.document.list.payload) return false;
    trusted = next;
  } catch (error) {
    if (!(error instanceof KeyListError)) throw error;
    say('refused', { reason: `${error.code}: ${error.message}` });
    return false;
  }
  store('keys.json', JSON.stringify(trusted.document));
  const { rootVersion, version } = trusted.list;
  say('keys', { rootVersion, version });
  return true;
}

/** What a key has signed that was taken back counts for nothing: the whole set is asked for, from where the list says. */
async function followKeys(keyList) {
  if (!takeKeys(keyList, enrolled.pinnedKeys) || isSignedBy(notTakenBack(), held.statement)) return;
  const start = trusted.list.startFrom.find((each) => each.environment === scope.environment);
  const isBeyond = start && comparePositions(start, held.position) < 0;
  held = { position: isBeyond ? start : held.position, set: EMPTY_SET };
  await pull();
}

/** A change that leads on is taken; what is known already is passed over; anything else is asked for. */
async function receive(bytes) {
  const message = decodeChangeMessage(bytes);
  const statement = verifyStatement(message.statement, believed());
  if (comparePositions(statement, held.position) <= 0) return;
  const leadsOn = message.from && comparePositions(message.from, held.position) === 0;
  if (!leadsOn || !take(bytes, 'stream')) await pull();
}

/** A statement that is within its time proves that what is held is current: nothing was kept back. */
async function compare(bytes) {
  const message = decodeChangeMessage(bytes);
  if (message.keyList) await followKeys(message.keyList);
  const statement = verifyStatement(message.statement, believed());
  if (statement.environment !== scope.environment || statement.expiresAt < Date.now()) return;
  const order = comparePositions(statement, held.position);
  if (order === 0 && statement.digest === held.digest) say('current', held.position);
  else if (order > 0 || held.statement === undefined) await pull();
}

async function pull() {
  const after = held.statement === undefined ? '' : `?after=${formatPosition(held.position)}`;
  if (!take(await ask(`${agentPaths.set(environment.name)}${after}`), 'pull'))
    throw new Error('the service answered something else than it signed');
}

/** Applies a message to what is held. The digest decides whether the result is what was signed. */
function take(bytes, via, keys = believed()) {
  const message = decodeChangeMessage(bytes);
  const { epoch, revision, digest, ...of } = verifyStatement(message.statement, keys);
  if (of.installation !== scope.installation || of.environment !== scope.environment) return false;
  if (comparePositions({ epoch, revision }, held.position) < 0) return false;
  const set = applyDelta(message.from ? held.set : EMPTY_SET, message);
  if (digestOf(scope, set) !== digest) return false;
  held = { position: { epoch, revision }, set, digest, statement: message.statement };
  const whole = { statement: message.statement, from: null, upserts: [...set.values()], removals: [] };
  store('set.json', encodeChangeMessage(whole));
  say('taken', { via, epoch, revision, digest, aliases: [...set.values()].map(({ alias }) => alias) });
  reportSoon();
  return true;
}

/** Changes that come together are reported together. */
function reportSoon() {
  reporting ??= setTimeout(() => {
    reporting = undefined;
    void exclusively(report);
  }, REPORT_MS.soon);
}

/** Says what the gateway uses, signed with its own key: without it, deployments count the gateway as UNREACHABLE. */
async function report() {
  if (held.statement === undefined) return;
  const status = {
    ...{ agent, installation, environment: environment.id, session },
    ...{ startedAt: run.startedAt, sequence: ++run.sequence, sentAt: Date.now(), clockOffsetMs: null },
    ...{ agentVersion: 'gateway-consumer', hostname: hostname() },
    ...{ state: 'WRITTEN', reason: null, written: held.position, statement: held.statement },
    ...{ managed: held.set.size, base: 0, issuerBytes: null, refused: {}, jvms: [], leftOut: null, quarantine: null },
  };
  const signed = await signAgentStatus(status, key);
  await ask(agentPaths.status(environment.name), { method: 'POST', body: JSON.stringify({ status: signed }) });
}

/** Changes arrive in three ways; one at a time is applied. */
function exclusively(work) {
  const turn = (exclusively.last ?? Promise.resolve()).then(work);
  exclusively.last = turn.catch((error) => say('refused', { reason: error.message }));
  return exclusively.last;
}

/** Makes the key of this gateway known. The token names what is to be pinned, a root or a key, and is sent to nobody. */
async function enroll() {
  const token = parseEnrollmentToken(ENROLLMENT_TOKEN);
  const who = { name: NAME, environment: ENVIRONMENT, hostname: hostname(), agentVersion: 'gateway-consumer' };
  const request = await signEnrollmentRequest({ ...who, token: token.publicKey.x }, key);
  const body = JSON.stringify({ request });
  const by = { tag: 'trustcast-enrollment', privateKey: token.privateKey, keyId: token.publicKey.x };
  const answer = JSON.parse(await ask(agentPaths.enroll, { method: 'POST', body }, by));
  const { installation: at, signingKeys: keys } = await registrationIn(answer, request, [token.pin]);
  return JSON.stringify({ installation: at, pinnedKeys: trusted?.rootId ? [trusted.rootId] : keys.map(thumbprintOf) });
}

async function register() {
  const said = { hostname: hostname(), agentVersion: 'gateway-consumer', token: null };
  const request = await signRegistrationRequest(said, key);
  const answer = await ask(agentPaths.register, { method: 'POST', body: JSON.stringify({ request }) });
  return registrationIn(JSON.parse(answer), request, enrolled.pinnedKeys);
}

/** The answer is believed by the keys of the list that comes with it, or without one by those that are pinned. */
async function registrationIn(answer, request, pins) {
  takeKeys(answer.keyList, pins);
  const registration = await verifyRegistration(
    answer,
    request,
    trusted ? [...keysAt(trusted, Date.now()).keys()] : pins,
  );
  if (trusted && trusted.list.installation !== registration.installation)
    throw new Error('the pinned root is of another installation');
  return registration;
}

/** Every request is signed, with the key of the gateway or, when it enrolls, with the one of the token. */
async function ask(path, { method = 'GET', body } = {}, by = { tag: 'trustcast-agent', privateKey, keyId }) {
  const isEnrolled = by.tag === 'trustcast-agent';
  const request = {
    ...{ method, target: path, contentDigest: contentDigestOf(body ?? '') },
    ...(isEnrolled && { installation: enrolled.installation }),
  };
  const headers = {
    ...signHttpRequest(request, by),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  const options = { method, ...(body !== undefined && { body }) };
  const response = await fetch(new URL(path, SERVICE_URL), { ...options, headers });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return Buffer.from(await response.arrayBuffer());
}

function newKey() {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
}

/** Writes a file as a whole: who reads it after a crash finds the one before or this one. */
function store(name, bytes) {
  writeFileSync(join(FOLDER, `${name}.new`), bytes, { flush: true });
  renameSync(join(FOLDER, `${name}.new`), join(FOLDER, name));
}

async function kept(name, make) {
  const file = join(FOLDER, name);
  if (!existsSync(file)) writeFileSync(file, await make(), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}
