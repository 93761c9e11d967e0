import type { NatsConnection } from '@nats-io/transport-node';
import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type AgentStatus, type LeftOut, type Position } from '@trustcast/schema';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const START: Position = { epoch: 1, revision: 0 };
const LEFT_OUT: LeftOut = {
  reason: 'JVMS_LEFT_OUT: 1 JVMs are more than a report lists',
  jvms: { LOADED: 1, UNMANAGED: 2 },
  files: 0,
};
let nats: NatsConnection;
let environment: string;
let agent: TestAgent;
let serial = 0;

beforeAll(async () => {
  nats = await harness.connectNats();
});
beforeEach(async () => {
  environment = `left-out-${++serial}`;
  await createEnvironment(service, environment);
  agent = await TestAgent.enroll(service, environment, 'host');
});

async function deploy(): Promise<{ id: string; at: Position }> {
  const name = `${environment}-${++serial}`;
  const definitions = [pasted([environment], name, makeCertificate().pem)];
  const { deployment } = await createCertificate(service, { name, definitions });
  const { epoch, revision } = deployment!.environments[0]!;
  return { id: deployment!.id, at: { epoch, revision } };
}

async function say(at: Position, more: Partial<AgentStatus>): Promise<void> {
  await agent.send(nats, agent.status(at, more));
  const stored = () =>
    harness.sql.query('SELECT FROM agent_statuses WHERE agent_id = $1 AND sequence = $2', [
      agent.registration.agent,
      agent.sequence,
    ]);
  await until(stored, ({ rowCount }) => rowCount === 1);
}

/** Its targets come as a page. */
type Paged<Found extends { readonly targets: unknown }> = Omit<Found, 'targets'> & {
  readonly targets: { readonly nodes: Found['targets'] };
};

interface Seen {
  readonly state: string;
  readonly hosts: Readonly<Record<'written' | 'incomplete', number>>;
  readonly jvms: Readonly<Record<'total' | 'live' | 'joined', number>>;
  readonly targets: readonly {
    readonly reason: string | null;
    readonly agent: { readonly reason: string | null; readonly leftOut: object | null };
  }[];
}

async function progress(id: string): Promise<Seen> {
  const { deployment } = await service.query<{ deployment: { environments: Paged<Seen>[] } }>(
    `query ($id: ID!) { deployment(id: $id) { environments { state hosts { written incomplete } jvms { total live joined }
       targets { nodes { reason agent { reason leftOut { reason files jvms { state count } } } } } } } }`,
    { id },
  );
  const { targets, ...found } = deployment.environments[0]!;
  return { ...found, targets: targets.nodes };
}

test('a host that leaves out a JVM that counts keeps a deployment from LIVE, and says what it leaves out', async () => {
  await say(START, { jvms: [jvm('a', START)] });
  const { id, at } = await deploy();
  await say(at, { jvms: [jvm('a', at)], leftOut: LEFT_OUT });
  const { reason } = LEFT_OUT;
  expect(await progress(id)).toEqual({
    state: 'WRITTEN',
    hosts: { written: 1, incomplete: 1 },
    jvms: { total: 1, live: 1, joined: 0 },
    targets: [
      {
        reason,
        agent: {
          reason,
          leftOut: {
            reason,
            files: 0,
            jvms: [
              { state: 'LOADED', count: 1 },
              { state: 'UNMANAGED', count: 2 },
            ],
          },
        },
      },
    ],
  });
  await say(at, { jvms: [jvm('a', at)], leftOut: { reason: null, jvms: { UNMANAGED: 2 }, files: 0 } });
  expect(await progress(id)).toMatchObject({ state: 'LIVE', hosts: { incomplete: 0 }, targets: [{ reason: null }] });
});

test('files that a host did not look at keep a deployment from LIVE, whatever reason it gives', async () => {
  await say(START, { jvms: [jvm('a', START)] });
  const { id, at } = await deploy();
  await say(at, { jvms: [jvm('a', at)], leftOut: { reason: null, jvms: {}, files: 1 } });
  expect(await progress(id)).toMatchObject({ state: 'WRITTEN', targets: [{ reason: 'JVMS_LEFT_OUT' }] });
});

test('a JVM that comes to light after it was left out counts in what was deployed meanwhile', async () => {
  await say(START, { jvms: [jvm('a', START)], leftOut: LEFT_OUT });
  const { id, at } = await deploy();
  await say(at, { jvms: [jvm('a', at)], leftOut: LEFT_OUT });
  await say(at, { jvms: [jvm('a', at), jvm('b', START)] });
  expect(await progress(id)).toMatchObject({ state: 'WRITTEN', jvms: { total: 2, live: 1, joined: 0 } });
  await say(at, { jvms: [jvm('a', at), jvm('b', at)] });
  expect(await progress(id)).toMatchObject({ state: 'LIVE', jvms: { total: 2, live: 2 } });
});
