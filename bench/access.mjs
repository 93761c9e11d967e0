import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '@nats-io/transport-node';
import pg from 'pg';
import { enrolledAgent } from '../services/certificates/dist/test/support/enroll.js';
import { TestIssuer } from '../services/certificates/dist/test/support/test-issuer.js';
import { graphqlClient, succeeded } from '@trustcast/dev/graphql-client.mjs';
import { startProduct } from '@trustcast/dev/product-process.mjs';
import { agentPaths, inboxOf, natsLogin } from '@trustcast/schema';
import { quantileOf, withStack } from './bench-stack.mjs';
import { keepAliveClient, rate } from './keep-alive-client.mjs';
import { seedCertificates } from './seed-certificates.mjs';

const QUERY = 'query ($first: Int!) { certificates(first: $first) { nodes { id name definitions { id alias } } } }';
const TARGET = 0.97;
const TARGETS_MS = { token: 2_000, agent: 5_000 };
/** Rounds until both run compiled. */
const WARM_UP = 3;
/** Longer than all rounds take. */
const JWT_LIFETIME_S = 3_600;

/**
 * A list of 50 certificates asked for with an API token, and with the JWT of a person that the service has seen before, each against the
 * same process without the guard (`open-door.mjs`): neither token nor rates are looked at. Both run from the same files, one beside the other, in rounds that alternate. And how long what was revoked
 * goes on, while it is used without a pause.
 * @param {{ rounds?: number, requests?: number, revocations?: number }} [options]
 * @returns {Promise<import('./run.mjs').Row[]>}
 */
export function access({ rounds = 15, requests = 1_000, revocations = 10 } = {}) {
  return withStack(async (stack, state) => {
    const client = new pg.Client(stack.postgres.url);
    await client.connect();
    await seedCertificates(client, 1_000);
    await client.end();
    const ratios = await guardedAgainstOpen(stack, state, rounds, requests);
    const tokenMs = [];
    const httpMs = [];
    const natsMs = [];
    for (let round = 0; round < revocations; round++) {
      tokenMs.push(await tokenRevocationMs(stack, round));
      const { http, nats } = await agentRevocationMs(stack, round);
      httpMs.push(http);
      natsMs.push(nats);
    }
    /** @param {string} what @param {Ratio} ratio */
    const against = (what, { low, median, high, cpu }) => ({
      figure: `list of 50 with ${what} against the same without authentication`,
      target: `>= ${TARGET} x`,
      measured: `${median.toFixed(3)} x (quartiles ${low.toFixed(3)} to ${high.toFixed(3)}; by CPU time ${cpu.toFixed(3)} x)`,
      ok: median >= TARGET,
    });
    /** @param {string} what @param {number[]} list @param {number} target */
    const revocation = (what, list, target) => ({
      figure: `revocation to first refusal, ${what}, worst of ${list.length}`,
      target: `<= ${target} ms`,
      measured: `${Math.max(...list).toFixed(0)} ms (median ${quantileOf(list, 0.5).toFixed(0)} ms)`,
      ok: Math.max(...list) <= target,
    });
    return [
      against('a token', ratios.token),
      against('a cached JWT', ratios.jwt),
      revocation('API token', tokenMs, TARGETS_MS.token),
      revocation('agent over HTTP', httpMs, TARGETS_MS.agent),
      revocation('agent on NATS', natsMs, TARGETS_MS.agent),
    ];
  });
}

/** @typedef {{ low: number, median: number, high: number, cpu: number }} Ratio */

/**
 * @param {import('@trustcast/dev/stack.mjs').Stack} stack @param {string} state @param {number} rounds @param {number} requests
 * @returns {Promise<{ token: Ratio, jwt: Ratio }>}
 */
async function guardedAgainstOpen({ token, postgres, nats }, state, rounds, requests) {
  const issuer = await TestIssuer.start();
  const issuers = join(state, 'issuers.json');
  writeFileSync(issuers, JSON.stringify([issuer.settings()]));
  const start = (/** @type {string} */ name, /** @type {string} */ options) =>
    startProduct({
      name,
      script: fileURLToPath(new URL('../services/certificates/dist/src/main.js', import.meta.url)),
      args: ['serve'],
      env: {
        NODE_OPTIONS: options,
        DATABASE_URL: postgres.url,
        NATS_URL: nats.url,
        NATS_USER: 'service',
        NATS_PASSWORD: readFileSync(join(state, 'nats/service-password'), 'utf8'),
        TRUSTCAST_PORT: '0',
        TRUSTCAST_RATE_LIMIT: '1000000',
        TRUSTCAST_OIDC_ISSUERS: issuers,
        TRUSTCAST_SIGNING_KEY_FILE: join(state, 'signing-key.pem'),
      },
      logFile: join(state, `logs/${name}.log`),
    });
  const guarded = await start('guarded', '');
  const open = await start('open', `--import=${new URL('open-door.mjs', import.meta.url).href}`);
  try {
    const graphql = graphqlClient({ url: String(guarded.ready.url), token });
    const { createGrant } = await graphql(
      'mutation ($input: CreateGrantInput!) { createGrant(input: $input) { userErrors { code message } } }',
      { input: { permissions: ['VIEW'], subject: 'somebody' } },
    );
    succeeded(createGrant);
    const jwt = await issuer.sign({ exp: Math.floor(Date.now() / 1_000) + JWT_LIFETIME_S });
    const processes = { guarded, open };
    return {
      token: await ratioOf(processes, token, rounds, requests),
      jwt: await ratioOf(processes, jwt, rounds, requests),
    };
  } finally {
    await Promise.all([guarded.stop(), open.stop()]);
    await issuer.stop();
  }
}

/**
 * @param {Record<'guarded' | 'open', import('@trustcast/dev/product-process.mjs').ProductProcess>} processes
 * @param {string} bearer @param {number} rounds @param {number} requests
 * @returns {Promise<Ratio>}
 */
async function ratioOf({ guarded, open }, bearer, rounds, requests) {
  const withBearer = keepAliveClient({ url: String(guarded.ready.url), token: bearer, connections: 8 });
  const without = keepAliveClient({ url: String(open.ready.url), connections: 8 });
  const body = JSON.stringify({ query: QUERY, variables: { first: 50 } });
  try {
    const [mine, other] = await Promise.all([withBearer.post(body), without.post(body)]);
    if (String(mine) !== String(other)) throw new Error('the two lists are not the same');
    /** @type {number[]} */
    const ratios = [];
    const cpuMs = { guarded: 0, open: 0 };
    for (let round = -WARM_UP; round < rounds; round++) {
      const each = { guarded: 0, open: 0 };
      // Whoever is measured second meets a machine that the first has warmed.
      for (const which of /** @type {const} */ (round % 2 === 0 ? ['guarded', 'open'] : ['open', 'guarded'])) {
        const { pid } = which === 'open' ? open : guarded;
        const before = cpuMsOf(pid);
        each[which] = await rate(8, requests, () => (which === 'open' ? without : withBearer).post(body));
        if (round >= 0) cpuMs[which] += cpuMsOf(pid) - before;
      }
      if (round >= 0) ratios.push(each.guarded / each.open);
    }
    const [low = 0, median = 0, high = 0] = [0.25, 0.5, 0.75].map((quantile) => quantileOf(ratios, quantile));
    return { median, low, high, cpu: cpuMs.open / cpuMs.guarded };
  } finally {
    withBearer.close();
    without.close();
  }
}

/** CPU time of a process, which other processes of the machine change little. @param {number} pid */
function cpuMsOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  // utime and stime, in ticks of 10 ms.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** @param {import('@trustcast/dev/stack.mjs').Stack} stack @param {number} round */
async function tokenRevocationMs({ url, graphql }, round) {
  const { made } = await graphql(
    'mutation ($input: CreateApiTokenInput!) { made: createApiToken(input: $input) { token apiToken { id } } }',
    { input: { name: `stolen ${round}`, permissions: ['VIEW'] } },
  );
  const body = JSON.stringify({ query: '{ me { actor } }' });
  const headers = { authorization: `Bearer ${made.token}`, 'content-type': 'application/json' };
  const statusOf = async () => (await fetch(`${url}/graphql`, { method: 'POST', headers, body })).status;
  if ((await statusOf()) !== 200) throw new Error('the token opens nothing');
  await graphql('mutation ($id: ID!) { revokeApiToken(input: { id: $id }) { userErrors { code } } }', {
    id: made.apiToken.id,
  });
  const at = performance.now();
  while ((await statusOf()) === 200);
  return performance.now() - at;
}

/** @param {import('@trustcast/dev/stack.mjs').Stack} stack @param {number} round */
async function agentRevocationMs({ url, graphql }, round) {
  const agent = await enrolledAgent(/** @type {any} */ ({ url, query: graphql }), `stolen-${round}`);
  const id = agent.registration.agent;
  const login = {
    servers: [...agent.registration.nats.servers],
    authenticator: (/** @type {string | undefined} */ nonce) => natsLogin(agent.key.privateKey, nonce),
    inboxPrefix: inboxOf(id),
  };
  const connection = await connect({ ...login, reconnect: false });
  const beat = () => agent.request(agentPaths.heartbeat('apimanager'));
  if (!(await beat()).ok) throw new Error('the agent is refused');
  await graphql('mutation ($id: ID!) { revokeAgent(input: { id: $id, reason: "stolen" }) { userErrors { code } } }', {
    id,
  });
  const at = performance.now();
  const nats = connection.closed().then(() => performance.now() - at);
  // An agent may ask 5 times a second for long; more is refused for another reason.
  while ((await beat()).status !== 401);
  return { http: performance.now() - at, nats: await nats };
}
