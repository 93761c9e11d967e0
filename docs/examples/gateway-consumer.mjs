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
  agentPaths,
  applyDelta,
  comparePositions,
  contentDigestOf,
  decodeChangeMessage,
  digestOf,
  encodeChangeMessage,
  formatPosition,
  inboxOf,
  keyFromJwk,
  natsLogin,
  parseEnrollmentToken,
  publicJwkOf,
  signAgentStatus,
  signEnrollmentRequest,
  signHttpRequest,
  signRegistrationRequest,
  signingKeyOf,
  streamInboxOf,
  subjectsOf,
  thumbprintOf,
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
/** What the gateway enrolled with, once: the token is not needed any more. */
const enrolled = JSON.parse(await kept('enrollment.json', enroll));
const { agent, installation, environment, session, signingKeys, nats } = await register();
const run = { startedAt: Date.now(), sequence: 0 };
let reporting;
const scope = { installation, environment: environment.id };
const subjects = subjectsOf(installation);
const believed = new Map();
for (const jwk of signingKeys) {
  const kid = await thumbprintOf(jwk);
  if (enrolled.pinnedKeys.includes(kid)) believed.set(kid, keyFromJwk(jwk));
}

// What this gateway holds: a whole set with the statement that it is of, or nothing yet.
let held = { position: { epoch: 0, revision: -1 }, set: EMPTY_SET };
if (existsSync(join(FOLDER, 'set.json'))) take(readFileSync(join(FOLDER, 'set.json')), 'folder');
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

/** A change that leads on is taken; what is known already is passed over; anything else is asked for. */
async function receive(bytes) {
  const message = decodeChangeMessage(bytes);
  const statement = verifyStatement(message.statement, believed);
  if (comparePositions(statement, held.position) <= 0) return;
  const leadsOn = message.from && comparePositions(message.from, held.position) === 0;
  if (!leadsOn || !take(bytes, 'stream')) await pull();
}

/** A statement that is within its time proves that what is held is current: nothing was kept back. */
async function compare(bytes) {
  const statement = verifyStatement(decodeChangeMessage(bytes).statement, believed);
  if (statement.environment !== scope.environment || statement.expiresAt < Date.now()) return;
  const order = comparePositions(statement, held.position);
  if (order === 0 && statement.digest === held.digest) say('current', held.position);
  else if (order > 0) await pull();
}

async function pull() {
  const { epoch, revision } = held.position;
  const after = revision < 0 ? '' : `?after=${formatPosition({ epoch, revision })}`;
  if (!take(await ask(`${agentPaths.set(environment.name)}${after}`), 'pull'))
    throw new Error('the service answered something else than it signed');
}

/** Applies a message to what is held. The digest decides whether the result is what was signed. */
function take(bytes, via) {
  const message = decodeChangeMessage(bytes);
  const { epoch, revision, digest, ...of } = verifyStatement(message.statement, believed);
  if (of.installation !== scope.installation || of.environment !== scope.environment) return false;
  const set = applyDelta(message.from ? held.set : EMPTY_SET, message);
  if (digestOf(scope, set) !== digest) return false;
  held = { position: { epoch, revision }, set, digest, statement: message.statement };
  const whole = { statement: message.statement, from: null, upserts: [...set.values()], removals: [] };
  writeFileSync(join(FOLDER, 'set.json.new'), encodeChangeMessage(whole), { flush: true });
  renameSync(join(FOLDER, 'set.json.new'), join(FOLDER, 'set.json'));
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

/** Makes the key of this gateway known. The token names the key that signs the answer, and is sent to nobody. */
async function enroll() {
  const token = parseEnrollmentToken(ENROLLMENT_TOKEN);
  const who = { name: NAME, environment: ENVIRONMENT, hostname: hostname(), agentVersion: 'gateway-consumer' };
  const request = await signEnrollmentRequest({ ...who, token: token.publicKey.x }, key);
  const body = JSON.stringify({ request });
  const by = { tag: 'trustcast-enrollment', privateKey: token.privateKey, keyId: token.publicKey.x };
  const answer = await ask(agentPaths.enroll, { method: 'POST', body }, by);
  const { installation: at, signingKeys: keys } = await verifyRegistration(JSON.parse(answer), request, [token.pin]);
  return JSON.stringify({ installation: at, pinnedKeys: await Promise.all(keys.map((jwk) => thumbprintOf(jwk))) });
}

async function register() {
  const said = { hostname: hostname(), agentVersion: 'gateway-consumer', token: null };
  const request = await signRegistrationRequest(said, key);
  const answer = await ask(agentPaths.register, { method: 'POST', body: JSON.stringify({ request }) });
  return verifyRegistration(JSON.parse(answer), request, enrolled.pinnedKeys);
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

async function kept(name, make) {
  const file = join(FOLDER, name);
  if (!existsSync(file)) writeFileSync(file, await make(), { mode: 0o600 });
  return readFileSync(file, 'utf8');
}
