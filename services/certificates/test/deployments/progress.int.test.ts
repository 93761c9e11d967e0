import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Position, signStatement, signingKeyOf } from '@trustcast/schema';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, pasted } from '../support/mutations.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';
import { DeploymentStage, START } from './deployment-stage.js';

const harness = useHarness();
const service = useService(harness);
const stage = DeploymentStage.use(harness, service);
const { deploy, progress, hostState } = stage;
let { nats, environment } = stage;
let agent: TestAgent;
beforeEach(async () => {
  ({ nats, environment } = stage);
  agent = await TestAgent.enroll(service, environment, 'host-1');
});

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
