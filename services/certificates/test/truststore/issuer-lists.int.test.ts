import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { subjectLength, writePkcs12 } from '@trustcast/keystore';
import { LIMITS } from '@trustcast/schema';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import {
  type PayloadView,
  codes,
  createCertificate,
  deleteCertificate,
  pasted,
  updateCertificate,
} from '../support/mutations.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';
import { issuerListStage, taking } from './issuer-list-stage.js';

const harness = useHarness();
const service = useService(harness);
let nats: NatsConnection;

beforeAll(async () => {
  nats = await harness.connectNats();
});
afterAll(() => nats.close());

const { environmentOf, mutate, bytesOf, reportBase, ways } = issuerListStage(service);
const WAYS = Object.keys(ways);
const NEARLY = LIMITS.issuerListBytes - 1_000;

describe.each(WAYS)('%s', (way) => {
  const add = ways[way]!;

  test('is refused where the subjects of all anchors become too long, and changes nothing; confirmed it is made and warned of', async () => {
    const environment = await environmentOf(NEARLY);
    const refused = await add(environment, {});
    expect(refused).toMatchObject({
      deployment: null,
      userErrors: [
        {
          code: 'ISSUER_LIST_TOO_LONG',
          field: ['confirmIssuerList'],
          environments: [environment],
          bytes: LIMITS.issuerListBytes + 1,
          maxBytes: LIMITS.issuerListBytes,
        },
      ],
    });
    expect(await bytesOf(environment)).toMatchObject({ bytes: NEARLY, maxBytes: LIMITS.issuerListBytes });
    const again = await environmentOf(NEARLY);
    const made = await add(again, { confirmIssuerList: true });
    expect([codes(made), made.warnings.map(({ code }) => code)]).toEqual([[], ['ISSUER_LIST_TOO_LONG']]);
    expect(made.deployment).not.toBeNull();
    expect(await bytesOf(again)).toMatchObject({ bytes: LIMITS.issuerListBytes + 1 });
  });

  test('is warned of from 24 KiB on, and not before', async () => {
    const environment = await environmentOf(LIMITS.issuerListWarningBytes - 1_001);
    const first = await add(environment, {});
    expect([codes(first), first.warnings]).toEqual([[], []]);
    const other = await environmentOf(LIMITS.issuerListWarningBytes - 1_000);
    const { warnings } = await add(other, { idempotencyKey: other });
    expect(warnings).toMatchObject([{ code: 'ISSUER_LIST_LONG', message: expect.stringContaining('24,577 bytes') }]);
  });
});

describe('a dry run', () => {
  test('of changeCertificates refuses and warns as the real one', async () => {
    const environment = await environmentOf(NEARLY);
    const change = ways.changeCertificates!;
    expect(codes(await change(environment, { dryRun: true }))).toEqual(['ISSUER_LIST_TOO_LONG']);
    const { warnings } = await change(environment, { dryRun: true, confirmIssuerList: true });
    expect(warnings).toMatchObject([{ code: 'ISSUER_LIST_TOO_LONG' }]);
    expect(await bytesOf(environment)).toMatchObject({ bytes: NEARLY });
  });

  test('of an import warns of what the import would be refused for', async () => {
    const environment = await environmentOf(NEARLY);
    const { warnings } = await ways.importTruststore!(environment, { dryRun: true });
    expect(warnings).toMatchObject([
      { code: 'ISSUER_LIST_TOO_LONG', message: expect.stringContaining('32,513 bytes') },
    ]);
    expect(await bytesOf(environment)).toMatchObject({ bytes: NEARLY });
  });
});

test('a rollback is refused like any other change, and its plan warns of it', async () => {
  const environment = await environmentOf(NEARLY);
  const revision = { environment, revision: 1 };
  const added = await createCertificate(service, {
    name: `${environment}-more`,
    definitions: [pasted([environment], 'more', taking(900).pem)],
  });
  await deleteCertificate(service, { id: added.certificate!.id, expectedVersion: 1 });
  const larger = await createCertificate(service, {
    name: `${environment}-other`,
    definitions: [pasted([environment], 'other', taking(950).pem)],
  });
  expect(codes(larger)).toEqual([]);
  const agent = await TestAgent.enroll(service, environment, 'host');
  await reportBase(agent, [taking(1_200)]);
  const back = { ...revision, revision: 2, expectedRevision: 4 };
  const { plan } = await service.query<{
    plan: { steps: { after: { fingerprint: string } | null }[]; warnings: object[] };
  }>(
    `query ($environment: String!, $revision: Int!) { plan: rollbackPlan(environment: $environment, revision: $revision) {
       steps { after { fingerprint } } warnings { code } } }`,
    { environment, revision: 2 },
  );
  // 950 bytes leave and 900 come: the list becomes shorter, and nothing is said.
  expect(plan.warnings).toEqual([]);
  const retrust = plan.steps.flatMap(({ after }) => (after ? [after.fingerprint] : []));
  const done = await mutate('rollbackEnvironment', 'RollbackEnvironmentInput', { ...back, retrust });
  expect([codes(done), done.warnings]).toEqual([[], []]);

  const longer = { environment, revision: 3, expectedRevision: 5, retrust: [] };
  expect(codes(await mutate('rollbackEnvironment', 'RollbackEnvironmentInput', longer))).toEqual([]);
  const refused = { environment, revision: 5, expectedRevision: 6, retrust };
  expect(codes(await mutate('rollbackEnvironment', 'RollbackEnvironmentInput', refused))).toEqual([
    'ISSUER_LIST_TOO_LONG',
  ]);
  const { warnings } = await mutate('rollbackEnvironment', 'RollbackEnvironmentInput', {
    ...refused,
    confirmIssuerList: true,
  });
  expect(warnings).toMatchObject([{ code: 'ISSUER_LIST_TOO_LONG' }]);
});

test('the largest base that hosts of the environment report is counted, each certificate once', async () => {
  const environment = await environmentOf(20_000);
  const [small, large, aside] = await Promise.all(
    ['small', 'large', 'aside'].map((name) => TestAgent.enroll(service, environment, name)),
  );
  const anchor = taking(1_500);
  await reportBase(small!, [taking(1_000)]);
  await reportBase(large!, [...Array.from({ length: 7 }, () => taking(1_500)), anchor, anchor]);
  await reportBase(
    aside!,
    Array.from({ length: 40 }, () => taking(1_500)),
  );
  await service.query(
    `mutation ($id: ID!) { setAgentAside(input: { id: $id, reason: "gone" }) { userErrors { code } } }`,
    { id: aside!.registration.agent },
  );
  expect(await bytesOf(environment)).toMatchObject({ managedBytes: 20_000, baseBytes: 12_000, bytes: 32_000 });
  expect(await ways.createCertificate!(environment, {})).toMatchObject({
    userErrors: [{ code: 'ISSUER_LIST_TOO_LONG', bytes: 33_001 }],
  });
});

test('what makes the list shorter, or leaves it as it is, is never refused', async () => {
  const environment = await environmentOf(60_000);
  const { certificate } = await service.query<{
    certificate: { id: string; version: number; definitions: { id: string; alias: string }[] };
  }>(`query ($name: String!) { certificate(by: { name: $name }) { id version definitions { id alias } } }`, {
    name: `${environment}-0`,
  });
  const [definition] = certificate.definitions;
  const replaced = await updateCertificate(service, {
    id: certificate.id,
    expectedVersion: 1,
    definitions: [{ ...pasted([environment], definition!.alias, taking(1_000).pem), id: definition!.id }],
  });
  expect([codes(replaced), replaced.warnings]).toEqual([[], []]);
  const deleted = await deleteCertificate(service, { id: certificate.id, expectedVersion: 2 });
  expect([codes(deleted), deleted.warnings]).toEqual([[], []]);
  expect(await bytesOf(environment)).toMatchObject({ bytes: 59_000 });
});

test('an environment of gateways has no such list', async () => {
  const environment = await environmentOf(40_000, 'GATEWAY');
  const { warnings, userErrors } = await ways.createCertificate!(environment, {});
  expect([warnings, userErrors]).toEqual([[], []]);
});

test.each(['createCertificate', 'changeCertificates', 'importTruststore'])(
  'a retry of %s is answered with the same warnings',
  async (way) => {
    const environment = await environmentOf(LIMITS.issuerListWarningBytes);
    const name = `${environment}-kept`;
    const definitions = [pasted([environment], 'kept', taking(1_001).pem)];
    const truststore = {
      environment,
      content: writePkcs12([{ alias: name, der: taking(1_001).der }]).toString('base64'),
      dryRun: false,
    };
    const asked = {
      createCertificate: ['CreateCertificateInput', { name, definitions }],
      changeCertificates: ['ChangeCertificatesInput', { creates: [{ name, definitions }] }],
      importTruststore: ['ImportTruststoreInput', truststore],
    }[way] as [string, object];
    const input = { ...asked[1], idempotencyKey: name };
    const first = await mutate(way, asked[0], input);
    expect(first.warnings).toMatchObject([{ code: 'ISSUER_LIST_LONG' }]);
    expect(await mutate(way, asked[0], input)).toEqual(first);
  },
);

test('a set that the smallest reporting JVM cannot hold is warned of, and one that shrinks is not', async () => {
  const environment = await environmentOf(3_000);
  const agent = await TestAgent.enroll(service, environment, 'host');
  const at = { epoch: 1, revision: 1 };
  const room = async (jvms: Parameters<TestAgent['status']>[1]) => {
    await agent.send(nats, agent.status(at, { base: 0, ...jvms }));
    await until(
      async () =>
        (
          await harness.sql.query('SELECT 1 FROM agent_statuses WHERE sequence = $1 AND agent_id = $2', [
            agent.sequence,
            agent.registration.agent,
          ])
        ).rows.length,
      (found) => found === 1,
    );
  };
  const add = async (name: string) =>
    createCertificate(service, {
      name: `${environment}-${name}`,
      definitions: [pasted([environment], name, makeCertificate(name).pem)],
    }) as Promise<PayloadView & { warnings: { message: string }[] }>;

  await room({ base: 146, jvms: [jvm('a', at, { maxEntries: 150 }), jvm('b', at, { maxEntries: 20_000 })] });
  expect((await add('fourth')).warnings).toEqual([]);
  const { warnings, certificate } = await add('fifth');
  expect(warnings).toMatchObject([{ code: 'HEAP_TOO_SMALL', message: expect.stringContaining('room for about 4') }]);
  expect((await deleteCertificate(service, { id: certificate!.id, expectedVersion: 1 })).warnings).toEqual([]);

  await room({ jvms: [jvm('a', at, { maxEntries: 1, state: 'UNMANAGED' }), jvm('b', at, { maxEntries: 20_000 })] });
  expect((await add('sixth')).warnings).toEqual([]);
});

test('metrics and the agent of a host show it', async () => {
  const environment = await environmentOf(5_000);
  const agent = await TestAgent.enroll(service, environment, 'host');
  await agent.send(nats, agent.status({ epoch: 1, revision: 1 }, { issuerBytes: 4_321 }));
  const read = async () => {
    const text =
      'query ($name: String!) { environment(name: $name) { name } agents(environment: $name, first: 1) { nodes { issuerBytes } } }';
    return (await service.query<{ agents: { nodes: { issuerBytes: number | null }[] } }>(text, { name: environment }))
      .agents.nodes[0]?.issuerBytes;
  };
  expect(await until(read, (bytes) => bytes !== null)).toBe(4_321);
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  expect(metrics).toContain(`trustcast_issuer_list_bytes{environment="${environment}"} 5000`);
});

test('what each environment is said to have is the sum over its certificates, and that of PostgreSQL is that of the reader', async () => {
  const { rows } = await harness.sql.query<{ kept: string; summed: string }>(
    `SELECT e.issuer_bytes AS kept, coalesce(sum(x.issuer_bytes), 0) AS summed
     FROM environments e LEFT JOIN definition_environments p ON p.environment_id = e.id
     LEFT JOIN x509_certificates x ON x.fingerprint = p.fingerprint GROUP BY e.id`,
  );
  expect(rows.length).toBeGreaterThan(10);
  for (const { kept, summed } of rows) expect(kept).toBe(summed);
  const { rows: certificates } = await harness.sql.query<{ der: Buffer; issuer_bytes: number }>(
    'SELECT der, issuer_bytes FROM x509_certificates',
  );
  for (const { der, issuer_bytes } of certificates) expect(issuer_bytes).toBe(subjectLength(der) + 2);
  const { rows: nonsense } = await harness.sql.query<{ bytes: number }>(
    `SELECT issuer_list_bytes(decode(hex, 'hex')) AS bytes
     FROM unnest(ARRAY['', '30', '3084ffffffff00000000', '30820400308203e8a003', '308500000000000000']) AS hex`,
  );
  expect(nonsense.map(({ bytes }) => bytes)).toEqual([0, 0, 0, 0, 0]);
});
