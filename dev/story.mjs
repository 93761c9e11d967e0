import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { succeeded } from './graphql-client.mjs';
import { startPartner } from './partner.mjs';
import { compileApiManager, startApiManager } from './sample-api-manager/start-api-manager.mjs';

/** Names of its own: what a user calls `partner-ca`, as the documents do, is the user's. */
const NAME = 'trustcast-story';
/** What it made says so here, and nothing else is ever deleted. */
const MARK = 'Made by the story of npm start, which deletes it.';
const ENVIRONMENT = 'apimanager';
export const HOST = { name: 'host-1', environment: ENVIRONMENT };
const PATIENCE_MS = 30_000;
const PAUSE_MS = 2;

/** @typedef {import('./sample-api-manager/start-api-manager.mjs').ApiManager} ApiManager */

/**
 * Tells the main job on running processes: a certificate is deployed and trusted, deleted and refused, in JVMs that
 * were running before. Every claim it prints is asserted first.
 * @param {object} options
 * @param {import('./stack.mjs').Stack} options.stack
 * @param {string} options.state
 * @param {import('./setup/find-jdks.mjs').Jdk[]} options.jdks oldest first; the oldest and the newest are used
 * @param {import('./story-lines.mjs').StoryLines} options.tell
 * @returns {Promise<{ stop: () => Promise<void> }>} what it left running
 */
export async function story({ stack, state, jdks, tell }) {
  /** @type {(() => Promise<void>)[]} */
  const started = [];
  const stop = async () => {
    for (const end of started.splice(0).reverse()) await end();
  };
  try {
    const partner = await startPartner({ port: 8443 });
    started.push(partner.stop);
    const classes = join(state, 'sample-api-manager');
    const [oldest] = jdks;
    const newest = jdks.at(-1) ?? oldest;
    await compileApiManager({ jdk: oldest, classes });
    await deleteLeftover(stack);
    const host = await stack.startHost({
      ...HOST,
      base: `jvm:${oldest.home}`,
      attach: `command=-cp ${classes} ApiManager`,
    });
    const first = await startApiManager({ jdk: oldest, classes, url: partner.url, javaOptions: [host.javaAgent] });
    started.push(first.stop);
    // JDK 21 and later warn on standard error when an agent is loaded without this option.
    const allow = newest.major >= 21 ? ['-XX:+EnableDynamicAgentLoading'] : [];
    const second = await startApiManager({ jdk: newest, classes, url: partner.url, javaOptions: allow });
    started.push(second.stop);
    const managers = [
      { manager: first, via: '-javaagent' },
      { manager: second, via: 'attached later' },
    ];

    tell.opening(partner.url);
    await connected(stack, managers);
    for (const { manager, via } of managers) {
      const result = await manager.call();
      assertRefused(result);
      tell.manager({ pid: manager.pid, startedAt: startOf(manager.pid), jdk: manager.jdk, via, ...result });
    }
    const starts = managers.map(({ manager }) => startOf(manager.pid));

    const trusted = await deploy({ stack, partner, managers: [first, second], tell });
    const refused = await remove({ stack, managers: [first, second], tell });

    assert.deepEqual(
      managers.map(({ manager }) => startOf(manager.pid)),
      starts,
      'a JVM was restarted',
    );
    tell.closing({ trustedMs: trusted.ms, refusedMs: refused.ms, live: refused.live, total: managers.length });
    return { stop };
  } catch (error) {
    await stop();
    // What keeps it from being deleted now is why the story fails; the next one deletes it.
    await deleteLeftover(stack).catch(() => undefined);
    throw error;
  }
}

/** @param {{ stack: import('./stack.mjs').Stack, partner: import('./partner.mjs').Partner, managers: ApiManager[], tell: import('./story-lines.mjs').StoryLines }} options */
async function deploy({ stack, partner, managers, tell }) {
  const sentAt = performance.now();
  const { createCertificate } = await stack.graphql(CREATE, {
    input: {
      name: NAME,
      description: MARK,
      definitions: [
        {
          environments: [ENVIRONMENT],
          alias: NAME,
          from: { clipboard: { encoding: 'BASE64PEM', content: partner.pem } },
        },
      ],
    },
  });
  const { deployment } = succeeded(createCertificate);
  tell.change(`deploy "${NAME}" to ${ENVIRONMENT}`, deployment.environments[0].revision);
  let written = false;
  const live = await liveJvms(
    stack,
    deployment.id,
    managers,
    async (manager) => {
      const result = await manager.call();
      assert.ok('status' in result, `pid ${manager.pid} said LIVE, and its next handshake failed`);
      assert.equal(result.status, 200);
      tell.moment(performance.now() - sentAt, `pid ${manager.pid} LIVE · 200 OK`);
    },
    ({ hosts }) => {
      if (written || hosts.total === 0 || hosts.written < hosts.total) return;
      written = true;
      tell.moment(performance.now() - sentAt, `written on ${hosts.written} of ${hosts.total} host`);
    },
  );
  return { ms: performance.now() - sentAt, live };
}

/** @param {{ stack: import('./stack.mjs').Stack, managers: ApiManager[], tell: import('./story-lines.mjs').StoryLines }} options */
async function remove({ stack, managers, tell }) {
  // Resumption is refused only if it would have been possible: each JVM shows that it resumes its session.
  for (const manager of managers)
    await until(async () => {
      const result = await manager.call();
      return 'resumed' in result && result.resumed;
    }, `pid ${manager.pid} resumes its TLS session`);
  const { certificate } = await stack.graphql(CERTIFICATE, { name: NAME });
  const sentAt = performance.now();
  const { deployment } = await deleteOwn(stack, certificate);
  tell.change(`delete "${NAME}"`, deployment.environments[0].revision);
  const live = await liveJvms(stack, deployment.id, managers, async (manager) => {
    assertRefused(await manager.call());
  });
  const ms = performance.now() - sentAt;
  tell.moment(ms, `${managers.map(({ pid }) => `pid ${pid}`).join(', ')} refuse it again, resumed sessions included`);
  return { ms, live };
}

/**
 * Follows a deployment until every JVM is LIVE, and tries each as soon as it says so: its very next handshake counts.
 * @param {import('./stack.mjs').Stack} stack
 * @param {string} id of the deployment
 * @param {ApiManager[]} managers
 * @param {(manager: ApiManager) => Promise<void>} tryIt
 * @param {(state: any) => void} [look] sees every state
 * @returns {Promise<number>} how many JVMs the deployment counts as LIVE
 */
async function liveJvms(stack, id, managers, tryIt, look = () => undefined) {
  /** @type {Map<number, Promise<void>>} */
  const tried = new Map();
  let counted = 0;
  await until(async () => {
    const state = await deploymentOf(stack, id);
    look(state);
    const live = jvmsOf(state).filter((jvm) => jvm.state === 'LIVE' && jvm.revision >= state.revision);
    for (const manager of managers)
      if (!tried.has(manager.pid) && live.some(({ pid }) => pid === manager.pid))
        tried.set(manager.pid, tryIt(manager));
    counted = live.length;
    return tried.size === managers.length;
  }, 'every JVM is LIVE');
  await Promise.all(tried.values());
  return counted;
}

/**
 * Waits until the JVMs say LIVE for what is deployed now.
 * @param {import('./stack.mjs').Stack} stack
 * @param {{ manager: ApiManager }[]} managers
 */
async function connected(stack, managers) {
  await until(async () => {
    const { agents } = await stack.graphql(AGENTS, { environment: ENVIRONMENT });
    const live = agents.nodes.flatMap((/** @type {any} */ agent) =>
      agent.jvms.filter((/** @type {any} */ jvm) => jvm.state === 'LIVE').map((/** @type {any} */ jvm) => jvm.pid),
    );
    return managers.every(({ manager }) => live.includes(manager.pid));
  }, 'the JVMs are connected');
}

/** A story that was killed leaves its certificate behind. @param {import('./stack.mjs').Stack} stack */
async function deleteLeftover(stack) {
  const { certificate } = await stack.graphql(CERTIFICATE, { name: NAME });
  if (!certificate) return;
  if (certificate.description !== MARK)
    throw new Error(`the certificate "${NAME}" is not the story's; give yours another name`);
  await deleteOwn(stack, certificate);
}

/**
 * Deletes the story's certificate. JWKs that somebody made from it are kept, without it.
 * @param {import('./stack.mjs').Stack} stack
 * @param {{ id: string, version: number }} certificate
 * @returns {Promise<any>} the payload
 */
async function deleteOwn(stack, { id, version }) {
  const input = { id, expectedVersion: version };
  const { deleteCertificate } = await stack.graphql(DELETE, { input });
  const question = deleteCertificate.userErrors.find((/** @type {any} */ { jwks }) => jwks !== undefined);
  if (!question) return succeeded(deleteCertificate);
  const jwkIds = question.jwks.map((/** @type {any} */ jwk) => jwk.id);
  const decided = { ...input, confirmName: NAME, jwkDecision: [{ decision: 'DISCONNECT', jwkIds }] };
  return succeeded((await stack.graphql(DELETE, { input: decided })).deleteCertificate);
}

/** @param {import('./stack.mjs').Stack} stack @param {string} id */
async function deploymentOf(stack, id) {
  const { deployment } = await stack.graphql(DEPLOYMENT, { id });
  return deployment.environments[0];
}

/** @param {any} state @returns {{ pid: number, state: string, revision: number }[]} */
function jvmsOf(state) {
  return state.targets.nodes.flatMap((/** @type {any} */ target) => target.jvms);
}

/** @param {import('./sample-api-manager/start-api-manager.mjs').CallResult} result */
function assertRefused(result) {
  assert.ok('exception' in result, 'the call was expected to be refused');
  assert.equal(result.exception, 'javax.net.ssl.SSLHandshakeException');
  assert.match(result.message, /PKIX path building failed/);
}

/** Start of a process in clock ticks since boot: field 22 of its stat. @param {number} pid */
function startOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}

/**
 * @param {() => Promise<boolean>} holds asked again and again; each question takes as long as its answer
 * @param {string} what
 */
async function until(holds, what) {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`);
    await delay(PAUSE_MS);
  }
}

const CREATE = `mutation ($input: CreateCertificateInput!) {
  createCertificate(input: $input) { deployment { id environments { revision } } userErrors { code message } }
}`;
const DELETE = `mutation ($input: DeleteCertificateInput!) {
  deleteCertificate(input: $input) {
    deployment { id environments { revision } } userErrors { code message ... on JwkDecisionRequired { jwks { id } } }
  }
}`;
const CERTIFICATE = `query ($name: String!) { certificate(by: { name: $name }) { id version description } }`;
const AGENTS = `query ($environment: String!) { agents(environment: $environment) { nodes { name jvms { pid state } } } }`;
const DEPLOYMENT = `query ($id: ID!) {
  deployment(id: $id) {
    environments { revision state hosts { total written } targets { nodes { jvms { pid state revision } } } }
  }
}`;
