import type { NatsConnection } from '@nats-io/transport-node';
import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { AgentStatus, LeftOut, Position } from '@trustcast/schema';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import { TestAgent, createAgent, jvm } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const START: Position = { epoch: 1, revision: 0 };
const AT: Position = { epoch: 1, revision: 1 };
const LEFT_OUT: LeftOut = { reason: 'JVMS_LEFT_OUT: 3 JVMs', jvms: { LIVE: 2, LOADED: 1, UNMANAGED: 9 }, files: 0 };
let nats: NatsConnection;
let environment: string;
let certificate: string;
let deployment: string;
let agent: TestAgent;
let serial = 0;

beforeAll(async () => {
  nats = await harness.connectNats();
});
/** One host, which wrote a certificate and has one JVM, which proved it. */
beforeEach(async () => {
  environment = `counted-${++serial}`;
  await createEnvironment(service, environment);
  agent = await TestAgent.enroll(service, environment, 'host');
  await say(agent, START, { jvms: [jvm('a', START)] });
  const definitions = [pasted([environment], environment, makeCertificate(environment).pem)];
  const made = await createCertificate(service, { name: environment, definitions });
  certificate = made.certificate!.id;
  deployment = made.deployment!.id;
  await say(agent, AT, { jvms: [jvm('a', AT, { alsoInBase: [environment] })] });
});

async function say(who: TestAgent, at: Position, more: Partial<AgentStatus>): Promise<void> {
  await who.send(nats, who.status(at, more));
  const stored = () =>
    harness.sql.query('SELECT FROM agent_statuses WHERE agent_id = $1 AND sequence = $2', [
      who.registration.agent,
      who.sequence,
    ]);
  await until(stored, ({ rowCount }) => rowCount === 1);
}

interface Views {
  readonly deployed: object;
  readonly impact: object;
  readonly entry: object;
  readonly listedAsLive: boolean;
}

/** What each view says of the certificate, its hosts and its JVMs. */
async function views(): Promise<Views> {
  const found = await service.query<{
    certificate: { deployments: object[]; impact: object[] };
    truststore: { nodes: object[] };
    live: { nodes: object[] };
  }>(
    `query ($id: ID!, $environment: String!) {
       certificate(by: { id: $id }) {
         deployments { hosts unreachable incomplete written jvms live proven }
         impact { hosts unreachable incomplete jvms jvmsWithBase } }
       truststore(environment: $environment) { nodes { hosts unreachable incomplete jvms live } }
       live: certificates(filter: { environment: $environment, live: true }) { nodes { id } } }`,
    { id: certificate, environment },
  );
  return {
    deployed: found.certificate.deployments[0]!,
    impact: found.certificate.impact[0]!,
    entry: found.truststore.nodes[0]!,
    listedAsLive: found.live.nodes.length === 1,
  };
}

test('a certificate that every counted host and JVM proved is proven in every view', async () => {
  const hosts = { hosts: 1, unreachable: 0, incomplete: 0 };
  expect(await views()).toEqual({
    deployed: { ...hosts, written: 1, jvms: 1, live: 1, proven: true },
    impact: { ...hosts, jvms: 1, jvmsWithBase: 1 },
    entry: { ...hosts, jvms: 1, live: 1 },
    listedAsLive: true,
  });
});

test.each([
  ['never reported', () => TestAgent.enroll(service, environment, 'other')],
  [
    'fell silent',
    async () => {
      const other = await TestAgent.enroll(service, environment, 'other');
      await say(other, AT, { jvms: [] });
      await harness.sql.query(
        `UPDATE agent_statuses SET received_at = now() - interval '10 minutes' WHERE agent_id = $1`,
        [other.registration.agent],
      );
    },
  ],
])('a registered host that %s is counted in every view, and nothing is proven without it', async (_what, arrange) => {
  await arrange();
  const hosts = { hosts: 2, unreachable: 1, incomplete: 0 };
  expect(await views()).toEqual({
    deployed: { ...hosts, written: 1, jvms: 1, live: 1, proven: false },
    impact: { ...hosts, jvms: 1, jvmsWithBase: 1 },
    entry: { ...hosts, jvms: 1, live: 1 },
    listedAsLive: false,
  });
});

test('a JVM of a host that fell silent is counted, and what it said once is no proof', async () => {
  await harness.sql.query(`UPDATE agent_statuses SET received_at = now() - interval '10 minutes' WHERE agent_id = $1`, [
    agent.registration.agent,
  ]);
  const hosts = { hosts: 1, unreachable: 1, incomplete: 0 };
  expect(await views()).toEqual({
    deployed: { ...hosts, written: 0, jvms: 1, live: 0, proven: false },
    impact: { ...hosts, jvms: 1, jvmsWithBase: 1 },
    entry: { ...hosts, jvms: 1, live: 0 },
    listedAsLive: false,
  });
});

test('JVMs that a host counts and does not list are in the totals of every view, and the host is incomplete', async () => {
  await say(agent, AT, { jvms: [jvm('a', AT)], leftOut: LEFT_OUT });
  const hosts = { hosts: 1, unreachable: 0, incomplete: 1 };
  expect(await views()).toEqual({
    deployed: { ...hosts, written: 1, jvms: 4, live: 1, proven: false },
    impact: { ...hosts, jvms: 4, jvmsWithBase: 0 },
    entry: { ...hosts, jvms: 4, live: 1 },
    listedAsLive: false,
  });
});

test('a host whose JVM says only a part of what its base has is incomplete in the impact', async () => {
  await say(agent, AT, { jvms: [jvm('a', AT, { alsoInBase: ['another'], partial: ['alsoInBase'] })] });
  expect((await views()).impact).toEqual({ hosts: 1, unreachable: 0, incomplete: 1, jvms: 1, jvmsWithBase: 0 });
});

test('a host that is set aside is in no view', async () => {
  const { agent: id } = (await TestAgent.enroll(service, environment, 'other')).registration;
  await service.query(
    'mutation ($id: ID!) { setAgentAside(input: { id: $id, reason: "rebuilt" }) { userErrors { code } } }',
    { id },
  );
  expect(await views()).toMatchObject({
    deployed: { hosts: 1, proven: true },
    entry: { hosts: 1 },
    listedAsLive: true,
  });
});

test('a host whose token was issued and that never registered is counted apart and named, and not in the total', async () => {
  await createAgent(service, environment, 'forgotten');
  const seen = await service.query(
    `query ($id: ID!, $environment: String!) {
       deployment(id: $id) { environments { state hosts { total unregistered } targets { nodes { agent { name } state reason joined } } } }
       environment(name: $environment) { counts { agents unregistered setAside } }
       agents(environment: $environment) { nodes { name state reason } } }`,
    { id: deployment, environment },
  );
  const forgotten = { state: 'UNREGISTERED', reason: 'NEVER_REGISTERED' };
  expect(seen).toEqual({
    deployment: {
      environments: [
        {
          state: 'LIVE',
          hosts: { total: 1, unregistered: 1 },
          targets: {
            nodes: [
              { agent: { name: 'forgotten' }, ...forgotten, joined: true },
              { agent: { name: 'host' }, state: 'WRITTEN', reason: null, joined: false },
            ],
          },
        },
      ],
    },
    environment: { counts: { agents: 2, unregistered: 1, setAside: 0 } },
    agents: {
      nodes: [
        { name: 'forgotten', ...forgotten },
        { name: 'host', state: 'WRITTEN', reason: null },
      ],
    },
  });
});
