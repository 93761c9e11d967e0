import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { graphqlClient, succeeded } from '@trustcast/dev/graphql-client.mjs';
import { startProduct } from '@trustcast/dev/product-process.mjs';
import { compileApiManager, startApiManager } from '@trustcast/dev/sample-api-manager/start-api-manager.mjs';
import { findJdks } from '@trustcast/dev/setup/find-jdks.mjs';
import { root, withStack } from '../bench-stack.mjs';
import { startFront } from './front.mjs';
import { startProtocolAgent } from './protocol-agent.mjs';
import { startWriters } from './writers.mjs';

/**
 * `npm run test:rotation`: the key that signs statements is replaced twice, by the steps of docs/operating.md, while writers change
 * certificates. Says what was seen, and fails where a change was lost, somebody was STALE, or something was started again.
 */
const { values } = parseArgs({
  options: { agents: { type: 'string', default: '50' }, rate: { type: 'string', default: '20' } },
});
const AGENTS = Number(values.agents);
const PER_SECOND = Number(values.rate);
const ROTATIONS = 2;
/** Hosts take a new list within this time. */
const TAKEN_MS = 15_000;
const ARRIVED_MS = 60_000;
const LOOK_MS = 500;
const run = promisify(execFile);

const AGENTS_QUERY = `{ agents(environment: "apimanager", first: 100) {
  nodes { name state reason revision jvms { pid state revision } } } }`;

await withStack(async (stack, state) => {
  const here = (/** @type {string} */ name) => join(state, name);
  const login = {
    NATS_URL: stack.nats.url,
    NATS_USER: 'service',
    NATS_PASSWORD: readFileSync(here('nats/service-password'), 'utf8'),
    TRUSTCAST_NATS_USERS_FILE: here('nats/users.conf'),
    TRUSTCAST_NATS_PID_FILE: here('nats/nats-server.pid'),
  };
  /** @param {string} keyFile */
  const settings = (keyFile) => ({
    DATABASE_URL: stack.postgres.url,
    ...login,
    TRUSTCAST_RATE_LIMIT: '1000000',
    TRUSTCAST_PORT: '0',
    TRUSTCAST_SIGNING_KEY_FILE: keyFile,
    TRUSTCAST_ADMIN_TOKEN_FILE: here('admin-token'),
  });
  let keyFile = here('signing-key.pem');
  const script = join(root, 'services/certificates/dist/bundle/main.js');
  const keysScript = join(root, 'clients/cli/dist/bundle/trustcast-keys.js');
  const env = { PATH: process.env.PATH, ...settings(keyFile) };
  const main = async (/** @type {string[]} */ ...args) =>
    (await run(process.execPath, [script, ...args], { env: { ...env, TRUSTCAST_SIGNING_KEY_FILE: keyFile } })).stdout;
  const keys = (/** @type {string} */ command, /** @type {string[]} */ ...args) =>
    run(process.execPath, [keysScript, command, here('keys.json'), ...args]);
  const publish = async () => {
    await keys('sign', '--root-key', here('a.pem'), '--root-key', here('b.pem'));
    await main('publish-keys', here('keys.json'));
  };

  const front = await startFront();
  front.leadTo(stack.url);
  const graphql = graphqlClient({ url: front.url, token: stack.token });
  let service = stack.service;
  /** @type {(() => Promise<void>)[]} */
  const stops = [front.stop];
  try {
    const rootKeys = ['a', 'b', 'c'].flatMap((name) => ['--root-key', here(`${name}.pem`)]);
    await keys('init', '--installation', String(service.ready.installation), '--threshold', '2', ...rootKeys);
    await keys('add', '--key', keyFile);
    await publish();
    // The process that hands out tokens reads the list at once, by a notification, and in any case after two seconds.
    await delay(2_000);

    const classes = here('classes');
    const jdks = await findJdks();
    await compileApiManager({ jdk: jdks[0], classes });
    const host = await stack.startHost({ name: 'host', base: 'none', url: front.url });
    const managers = [];
    for (const jdk of [jdks[0], jdks.at(-1) ?? jdks[0]]) {
      const manager = await startApiManager({
        ...{ jdk, classes, url: 'https://127.0.0.1:1' },
        javaOptions: [host.javaAgent],
      });
      stops.push(manager.stop);
      managers.push(manager);
    }
    const { createEnrollmentToken } = await graphql(
      `
        mutation ($uses: Int!) {
          createEnrollmentToken(input: { environment: "apimanager", uses: $uses }) {
            token
            userErrors {
              code
              message
            }
          }
        }
      `,
      { uses: AGENTS },
    );
    const { token } = succeeded(createEnrollmentToken);
    const agents = [];
    for (let index = 0; index < AGENTS; index++) {
      const agent = await startProtocolAgent({ url: front.url, token, name: `agent-${index}` });
      stops.push(agent.stop);
      agents.push(agent);
    }

    /** States that anybody was seen in. @type {Set<string>} */
    const states = new Set();
    let looking = true;
    const looks = (async () => {
      for (; looking; await delay(LOOK_MS)) {
        const { nodes } = await graphql(AGENTS_QUERY).then(
          ({ agents: found }) => found,
          () => ({ nodes: [] }),
        );
        for (const { state: seen, jvms } of nodes)
          for (const each of [seen, ...jvms.map((/** @type {any} */ jvm) => jvm.state)]) states.add(each);
        if (agents.some((agent) => agent.isStale())) states.add('STALE');
      }
    })();
    const everybody = async (/** @type {number} */ revision) => {
      const until = performance.now() + ARRIVED_MS;
      for (;;) {
        const { nodes } = (await graphql(AGENTS_QUERY)).agents;
        const jvms = nodes.flatMap((/** @type {any} */ node) => node.jvms);
        const behind = [
          ...agents.filter((agent) => agent.accepted()?.statement.revision !== revision).map(({ name }) => name),
          ...nodes
            .filter((/** @type {any} */ node) => node.revision !== revision)
            .map((/** @type {any} */ n) => n.name),
          ...managers
            .filter(({ pid }) => !jvms.some((/** @type {any} */ jvm) => jvm.pid === pid && jvm.revision === revision))
            .map(({ pid }) => `JVM ${pid}`),
        ];
        if (behind.length === 0) return [];
        if (performance.now() > until) return behind;
        await delay(LOOK_MS);
      }
    };
    await everybody(0);
    states.clear();

    const writers = startWriters({ url: front.url, token: stack.token, perSecond: PER_SECOND });
    for (let rotation = 1; rotation <= ROTATIONS; rotation++) {
      const old = (await main('thumbprint')).trim();
      const next = here(`next-${rotation}.pem`);
      await main('announce-key', next);
      await keys('add', '--key', next);
      await publish();
      await delay(TAKEN_MS);
      const [before, process_] = [
        service,
        await startProduct({
          name: 'The service',
          script,
          args: ['serve', '--new-signing-key'],
          env: settings(next),
          logFile: here('logs/service.log'),
        }),
      ];
      service = process_;
      stops.push(service.stop);
      keyFile = next;
      front.leadTo(String(service.ready.url));
      await before.stop();
      await keys('remove', old);
      await publish();
      await delay(TAKEN_MS);
    }
    const { revisions, expected, repeated, changes, seconds } = await writers.stop();
    const last = revisions.at(-1) ?? 0;
    const behind = await everybody(last);
    looking = false;
    await looks;

    const sets = agents.map((agent) => [...(agent.accepted()?.set.values() ?? [])]);
    const isWhole = (/** @type {import('@trustcast/schema').SetEntry[]} */ set) =>
      set.length === expected.size && set.every(({ alias, fingerprint }) => expected.get(alias) === fingerprint);
    const log = readFileSync(here('logs/host.log'), 'utf8');
    const isAlive = ({ pid }) => process.kill(pid, 0);
    const held = {
      'each change is a revision of its own, and none is missing':
        revisions.length === changes && revisions.every((revision, index) => revision === index + 1),
      'each agent has what the writers wrote last': sets.every(isWhole),
      'agents, host and JVMs reach the last revision': behind.length === 0,
      'nobody was STALE, FAILED or UNREACHABLE': ['STALE', 'FAILED', 'UNREACHABLE'].every((each) => !states.has(each)),
      'neither the host agent nor a JVM was started again':
        log.match(/"msg":"ready"/g)?.length === 1 && [host.process, ...managers].every(isAlive),
    };
    const report = {
      ...{ agents: AGENTS, jvms: managers.length, rotations: ROTATIONS },
      ...{ changes, seconds: Math.round(seconds), changesPerSecond: Number((changes / seconds).toFixed(1)), repeated },
      ...{ states: [...states].toSorted(), behind },
      registrations: agents.reduce((sum, { counts }) => sum + counts.registrations, 0),
      statementsOfAnUnknownKey: agents.reduce((sum, { counts }) => sum + counts.keyUnknown, 0),
      held,
    };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    process.exitCode = Object.values(held).every(Boolean) ? 0 : 1;
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
});
