import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { NatsConnection } from '@nats-io/transport-node';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Position, signStatement, signingKeyOf } from '@trustcast/schema';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
let nats: NatsConnection;
let environment: string;
let agent: TestAgent;
let serial = 0;

beforeAll(async () => {
  nats = await harness.connectNats();
});
beforeEach(async () => {
  environment = `progress-${++serial}`;
  await createEnvironment(service, environment);
  agent = await TestAgent.enroll(service, environment, 'host-1');
});

/** Its targets come as a page. */
type Paged<Found extends { readonly targets: unknown }> = Omit<Found, 'targets'> & {
  readonly targets: { readonly nodes: Found['targets'] };
};

interface Progress {
  readonly state: string;
  readonly epoch: number;
  readonly revision: number;
  readonly hosts: { readonly total: number; readonly written: number; readonly failed: number };
  readonly jvms: Readonly<Record<'total' | 'live' | 'failed' | 'unsupported' | 'joined', number>>;
  readonly targets: readonly {
    readonly state: string;
    readonly reason: string | null;
    readonly agent: { readonly name: string };
    readonly jvms: readonly { readonly id: string; readonly live: boolean; readonly joined: boolean }[];
  }[];
}

async function deploy(): Promise<{ id: string; at: Position }> {
  const name = `${environment}-${++serial}`;
  const { deployment } = await createCertificate(service, {
    name,
    definitions: [pasted([environment], name, makeCertificate().pem)],
  });
  const { epoch, revision } = deployment!.environments[0]!;
  return { id: deployment!.id, at: { epoch, revision } };
}

async function progress(id: string): Promise<Progress> {
  const { deployment } = await service.query<{ deployment: { environments: Paged<Progress>[] } }>(
    `query ($id: ID!) { deployment(id: $id) { environments { state epoch revision hosts { total written failed }
       jvms { total live failed unsupported joined }
       targets { nodes { state reason agent { name } jvms { id live joined } } } } } }`,
    { id },
  );
  const { targets, ...found } = deployment.environments[0]!;
  return { ...found, targets: targets.nodes };
}

async function hostState(): Promise<{ state: string; reason: string | null; revision: number | null }> {
  const { agents } = await service.query<{
    agents: { nodes: { state: string; reason: string | null; revision: number | null }[] };
  }>('query ($environment: String!) { agents(environment: $environment) { nodes { state reason revision } } }', {
    environment,
  });
  return agents.nodes[0]!;
}

const START: Position = { epoch: 1, revision: 0 };

async function seen(): Promise<void> {
  await until(hostState, ({ state }) => state !== 'UNREACHABLE');
}

describe('a deployment', () => {
  test('goes from PENDING to WRITTEN to LIVE, as host and JVMs say', async () => {
    await agent.send(nats, agent.status(START, { jvms: [jvm('a', START), jvm('b', START)] }));
    await seen();
    const { id, at } = await deploy();
    expect(await progress(id)).toMatchObject({
      state: 'PENDING',
      hosts: { total: 1, written: 0 },
      jvms: { total: 2, live: 0 },
    });
    await agent.send(nats, agent.status(at, { jvms: [jvm('a', at), jvm('b', START)] }));
    await until(
      () => progress(id),
      ({ state, jvms }) => state === 'WRITTEN' && jvms.live === 1,
    );
    await agent.send(nats, agent.status(at, { jvms: [jvm('a', at), jvm('b', at)] }));
    expect(
      await until(
        () => progress(id),
        ({ state }) => state === 'LIVE',
      ),
    ).toMatchObject({
      hosts: { total: 1, written: 1, failed: 0 },
      jvms: { total: 2, live: 2, failed: 0, unsupported: 0, joined: 0 },
    });
  });

  test('counts JVMs that joined since apart, forgets those that ended, and leaves out those nobody selected', async () => {
    await agent.send(
      nats,
      agent.status(START, { jvms: [jvm('a', START), jvm('b', START), jvm('c', null, { state: 'UNMANAGED' })] }),
    );
    await seen();
    const { id, at } = await deploy();
    await agent.send(nats, agent.status(at, { jvms: [jvm('a', at), jvm('d', START)] }));
    expect(
      await until(
        () => progress(id),
        ({ jvms }) => jvms.joined === 1,
      ),
    ).toMatchObject({
      state: 'LIVE',
      jvms: { total: 1, live: 1, joined: 1 },
    });
  });

  test('is LIVE for a JVM only when it says LIVE, and at a position that is not before', async () => {
    await agent.send(nats, agent.status(START, { jvms: [jvm('a', START)] }));
    await seen();
    const first = await deploy();
    const second = await deploy();
    await agent.send(nats, agent.status(second.at, { jvms: [jvm('a', second.at, { state: 'LOADED' })] }));
    await until(
      () => progress(second.id),
      ({ state }) => state === 'WRITTEN',
    );
    await agent.send(nats, agent.status(second.at, { jvms: [jvm('a', first.at)] }));
    await until(
      () => progress(first.id),
      ({ state }) => state === 'LIVE',
    );
    expect((await progress(second.id)).state).toBe('WRITTEN');
  });

  test('is FAILED with the reason where a host or a JVM fails', async () => {
    await agent.send(nats, agent.status(START, { jvms: [jvm('a', START)] }));
    await seen();
    const { id, at } = await deploy();
    await agent.send(nats, agent.status(START, { state: 'FAILED', reason: 'ENOSPC', jvms: [jvm('a', START)] }));
    expect(
      await until(
        () => progress(id),
        ({ state }) => state === 'FAILED',
      ),
    ).toMatchObject({
      hosts: { failed: 1 },
      targets: [{ state: 'FAILED', reason: 'ENOSPC' }],
    });
    await agent.send(
      nats,
      agent.status(at, { jvms: [jvm('a', null, { state: 'UNSUPPORTED', reason: 'JDK_TOO_OLD' })] }),
    );
    expect(
      await until(
        () => progress(id),
        ({ jvms }) => jvms.unsupported === 1,
      ),
    ).toMatchObject({ state: 'FAILED' });
  });

  test('whose only host has not reported yet is UNREACHABLE', async () => {
    const { id } = await deploy();
    expect(await progress(id)).toMatchObject({ state: 'UNREACHABLE', hosts: { total: 1, written: 0 } });
  });
});

async function oldStatuses(): Promise<number> {
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  return Number(/trustcast_agent_statuses_total\{outcome="old",transport="nats"\} (\d+)/.exec(metrics)?.[1] ?? 0);
}

describe('a status', () => {
  test('is readable, each at its revision', async () => {
    for (let i = 0; i < 20; i++) {
      const { at } = await deploy();
      await agent.send(nats, agent.status(at));
      await until(hostState, ({ revision }) => revision === at.revision);
    }
  });

  test('that comes late or twice changes nothing', async () => {
    const { at } = await deploy();
    const old = agent.status(START);
    await agent.send(nats, agent.status(at));
    await until(hostState, ({ revision }) => revision === at.revision);
    const counted = await oldStatuses();
    await agent.send(nats, old);
    await until(oldStatuses, (now) => now === counted + 1);
    expect((await hostState()).revision).toBe(at.revision);
  });

  test('of an agent that started anew by a clock that was set back is believed after it registered', async () => {
    await agent.send(nats, agent.status(START, { reason: 'BEFORE' }));
    await until(hostState, ({ reason }) => reason === 'BEFORE');
    const again = await agent.restarted();
    again.startedAt = agent.startedAt - 3_600_000;
    await again.send(nats, again.status(START, { reason: 'AFTER' }));
    await until(hostState, ({ reason }) => reason === 'AFTER');
  });

  test('is refused when it is signed by another key, or speaks for another agent, environment or installation', async () => {
    const other = await TestAgent.enroll(service, environment, 'host-2');
    const stranger = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
    await agent.send(nats, agent.status(START, { reason: 'FORGED' }), stranger);
    await agent.send(nats, agent.status(START, { reason: 'FORGED' }), other.key);
    await agent.send(nats, { ...agent.status(START, { reason: 'FORGED' }), agent: other.registration.agent });
    const nowhere = '00000000-0000-4000-8000-000000000000';
    await agent.send(nats, agent.status(START, { reason: 'FORGED', environment: nowhere }));
    await agent.send(nats, agent.status(START, { reason: 'FORGED', installation: nowhere }));
    nats.publish(agent.subjects.status(environment, agent.registration.agent), 'garbage');
    await agent.send(nats, agent.status(START, { reason: 'TRUE' }));
    await until(hostState, ({ reason }) => reason === 'TRUE');
    const refused = async () => {
      const metrics = await (await fetch(`${service.url}/metrics`)).text();
      return Number(/trustcast_agent_statuses_total\{outcome="refused",transport="nats"\} (\d+)/.exec(metrics)?.[1]);
    };
    await until(refused, (number) => number >= 6);
    expect((await hostState()).reason).toBe('TRUE');
  });

  test('that PostgreSQL cannot hold does not take others with it', async () => {
    const other = await TestAgent.enroll(service, environment, 'z-other');
    await Promise.all([
      agent.send(nats, agent.status(START, { managed: 2 ** 31 })),
      other.send(nats, other.status(START, { reason: 'FINE' })),
    ]);
    await until(
      () =>
        service.query<{ agents: { nodes: { reason: string | null }[] } }>(
          'query ($environment: String!) { agents(environment: $environment) { nodes { reason } } }',
          { environment },
        ),
      ({ agents }) => agents.nodes.some(({ reason }) => reason === 'FINE'),
    );
  });

  test('of a hundred agents at once is stored', async () => {
    const agents = await Promise.all(
      Array.from({ length: 100 }, (_, i) => TestAgent.enroll(service, environment, `fleet-${i}`)),
    );
    const { at } = await deploy();
    const sentAt = performance.now();
    await Promise.all(agents.map((each) => each.send(nats, each.status(at, { jvms: [jvm('e', at)] }))));
    await until(
      () =>
        harness.sql.query<{ n: string }>(
          'SELECT count(*) AS n FROM agent_statuses WHERE written_revision = $1 AND environment_id = $2',
          [at.revision, agent.registration.environment.id],
        ),
      ({ rows }) => rows[0]!.n === '100',
    );
    process.stdout.write(`100 statuses stored in ${(performance.now() - sentAt).toFixed(0)} ms\n`);
  });
});

describe('a database that was restored from a backup', () => {
  async function statementAt(position: Position, digest = 'ab'.repeat(32)): Promise<string> {
    const key = await signingKeyOf(createPrivateKey(readFileSync(join(harness.folder, 'key.pem'))));
    const { installation, environment: scope } = agent.registration;
    return signStatement({ installation, environment: scope.id, ...position, digest, issuedAt: Date.now() }, key);
  }

  async function diverged(): Promise<{ epoch: number; revision: number } | null> {
    const { environment: found } = await service.query<{
      environment: { diverged: { epoch: number; revision: number } | null };
    }>('query ($name: String!) { environment(name: $name) { diverged { epoch revision } } }', { name: environment });
    return found.diverged;
  }

  async function advance(expectedEpoch: number) {
    const { payload } = await service.query<{
      payload: {
        environment: { epoch: number; revision: number } | null;
        userErrors: { code: string; field: string[] }[];
      };
    }>(
      `mutation ($input: AdvanceEpochInput!) { payload: advanceEpoch(input: $input) {
         environment { epoch revision } userErrors { code field } } }`,
      { input: { environment, expectedEpoch, reason: 'the database was restored', confirmUnknown: true } },
    );
    return payload;
  }

  test('is seen by a statement that is ahead of it: deploys are refused until the epoch is advanced', async () => {
    await deploy();
    const ahead = { epoch: 1, revision: 60 };
    await agent.send(nats, agent.status(ahead, { statement: await statementAt(ahead) }));
    expect(await until(diverged, (found) => found !== null)).toEqual(ahead);
    expect(await hostState()).toMatchObject({ state: 'DIVERGED' });
    const refused = await createCertificate(service, {
      name: `${environment}-refused`,
      definitions: [pasted([environment], 'refused', makeCertificate().pem)],
    });
    expect(refused.userErrors).toMatchObject([{ code: 'ENVIRONMENT_DIVERGED' }]);

    expect(await advance(1)).toEqual({ environment: { epoch: 2, revision: 2 }, userErrors: [] });
    expect(await diverged()).toBeNull();
    // The whole set, since the log does not have what the agent has.
    const { message, statement } = await agent.pull(ahead);
    expect(message.from).toBeNull();
    expect(statement).toMatchObject({ epoch: 2, revision: 2 });
    // Its old statement comes once more.
    await agent.send(nats, agent.status(ahead, { statement: await statementAt(ahead), reason: 'AGAIN' }));
    await until(hostState, ({ reason }) => reason === 'AGAIN');
    expect(await diverged()).toBeNull();
    expect((await deploy()).at).toEqual({ epoch: 2, revision: 3 });
    expect(await advance(1)).toMatchObject({ userErrors: [{ code: 'INVALID_INPUT', field: ['expectedEpoch'] }] });
    const { rows } = await harness.sql.query<object>(
      `SELECT details ->> 'reason' AS reason FROM audit WHERE action = 'advanceEpoch' AND details ->> 'name' = $1`,
      [environment],
    );
    expect(rows).toEqual([{ reason: 'the database was restored' }]);
  });

  test('is seen by another digest at the position that was published', async () => {
    const { at } = await deploy();
    await until(
      () =>
        harness.sql.query('SELECT FROM publications WHERE environment_id = $1 AND revision = $2', [
          agent.registration.environment.id,
          at.revision,
        ]),
      ({ rowCount }) => rowCount === 1,
    );
    const { statement } = await agent.pull();
    await agent.send(nats, agent.status(at, { statement: await statementAt(at, statement.digest), reason: 'SAME' }));
    await until(hostState, ({ reason }) => reason === 'SAME');
    expect(await diverged()).toBeNull();
    await agent.send(nats, agent.status(at, { statement: await statementAt(at) }));
    expect(await until(diverged, (found) => found !== null)).toEqual(at);
  });

  test('is not seen in a statement that another key signed', async () => {
    const stranger = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
    const { installation, environment: scope } = agent.registration;
    const claim = {
      installation,
      environment: scope.id,
      epoch: 9,
      revision: 9,
      digest: 'ab'.repeat(32),
      issuedAt: Date.now(),
    };
    await agent.send(nats, agent.status(START, { statement: await signStatement(claim, stranger), reason: 'STRANGE' }));
    await until(hostState, ({ reason }) => reason === 'STRANGE');
    expect(await diverged()).toBeNull();
  });
});
