import { describe, expect, test } from '@jest/globals';
import { exportDocument } from '../../src/features/exchange/rules/export-document.js';
import { until } from '../support/harness.js';
import { decided, makeJwkStage, newKey, replacement } from '../support/jwk-stage.js';
import { type MadeCertificate, makeCertificate } from '../support/make-certificate.js';
import {
  createCertificate,
  createEnvironment,
  deleteCertificate,
  pasted,
  updateCertificate,
} from '../support/mutations.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);

interface Line {
  readonly alias: string;
  readonly fingerprint: string;
}

interface RevisionView {
  readonly revision: number;
  readonly epoch: number;
  readonly createdAt: string;
  readonly record: { readonly actor: string; readonly action: string; readonly requestId: string } | null;
  readonly progress: { readonly state: string };
  readonly counts: { readonly added: number; readonly changed: number; readonly removed: number };
  readonly changes: {
    readonly nodes: readonly { name: string; certificateId: string; before: Line | null; after: Line | null }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

interface PageView<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

const HISTORY = `query ($name: String!, $first: Int!, $after: String, $changes: Int!, $changesAfter: String) {
  environment(name: $name) { history(first: $first, after: $after) {
    nodes { revision epoch createdAt record { actor action requestId } progress { state } counts { added changed removed }
      changes(first: $changes, after: $changesAfter) {
        nodes { name certificateId before { alias fingerprint } after { alias fingerprint } }
        pageInfo { hasNextPage endCursor } } }
    pageInfo { hasNextPage endCursor } } } }`;

async function historyOf(name: string, more: object = {}): Promise<PageView<RevisionView>> {
  const { environment } = await service.query<{ environment: { history: PageView<RevisionView> } }>(HISTORY, {
    name,
    first: 20,
    changes: 20,
    ...more,
  });
  return environment.history;
}

async function make(name: string, environments: readonly string[], { pem }: MadeCertificate, alias = name) {
  const { certificate, userErrors } = await createCertificate(service, {
    name,
    definitions: [pasted(environments, alias, pem)],
  });
  expect(userErrors).toEqual([]);
  return certificate!;
}

const lineOf = (alias: string, { fingerprint }: MadeCertificate): Line => ({ alias, fingerprint });

describe('the history of an environment', () => {
  test('tells of each revision when, who, what by alias and fingerprint, and how its deployment ended', async () => {
    await createEnvironment(service, 'told');
    const [old, renewed, second] = [makeCertificate('Old'), makeCertificate('New'), makeCertificate('Second')];
    const { id, definitions } = await make('changing', ['told', 'apimanager'], old, 'one');
    const update = (pem: string, alias: string, expectedVersion: number) =>
      updateCertificate(service, {
        id,
        expectedVersion,
        definitions: [{ id: definitions[0]!.id, ...pasted(['told', 'apimanager'], alias, pem) }],
      });
    await update(renewed.pem, 'one', 1);
    await update(renewed.pem, 'Two', 2);
    await make('second', ['told'], second);
    const { environment } = await service.query<{ environment: { epoch: number } }>(
      '{ environment(name: "told") { epoch } }',
    );
    await service.query(
      `mutation { advanceEpoch(input: { environment: "told", expectedEpoch: ${environment.epoch}, reason: "seen" }) {
         userErrors { code } } }`,
    );
    await deleteCertificate(service, { id, expectedVersion: 3 });
    const { nodes } = await historyOf('told');
    expect(
      nodes.map(({ revision, epoch, record, counts, changes }) => ({
        revision,
        epoch,
        action: record?.action,
        counts,
        changes: changes.nodes.map(({ name, before, after }) => ({ name, before, after })),
      })),
    ).toEqual([
      {
        revision: 6,
        epoch: 2,
        action: 'deleteCertificate',
        counts: { added: 0, changed: 0, removed: 1 },
        changes: [{ name: 'changing', before: lineOf('Two', renewed), after: null }],
      },
      { revision: 5, epoch: 2, action: 'advanceEpoch', counts: { added: 0, changed: 0, removed: 0 }, changes: [] },
      {
        revision: 4,
        epoch: 1,
        action: 'createCertificate',
        counts: { added: 1, changed: 0, removed: 0 },
        changes: [{ name: 'second', before: null, after: lineOf('second', second) }],
      },
      {
        revision: 3,
        epoch: 1,
        action: 'updateCertificate',
        counts: { added: 0, changed: 1, removed: 0 },
        changes: [{ name: 'changing', before: lineOf('one', renewed), after: lineOf('Two', renewed) }],
      },
      {
        revision: 2,
        epoch: 1,
        action: 'updateCertificate',
        counts: { added: 0, changed: 1, removed: 0 },
        changes: [{ name: 'changing', before: lineOf('one', old), after: lineOf('one', renewed) }],
      },
      {
        revision: 1,
        epoch: 1,
        action: 'createCertificate',
        counts: { added: 1, changed: 0, removed: 0 },
        changes: [{ name: 'changing', before: null, after: lineOf('one', old) }],
      },
    ]);
    expect(new Set(nodes.map(({ progress }) => progress.state))).toEqual(new Set(['NO_TARGETS']));
    for (const { record } of nodes)
      expect(record).toMatchObject({ actor: expect.any(String), requestId: expect.any(String) });
    const times = nodes.map(({ createdAt }) => createdAt);
    expect(times).toEqual([...times].sort().reverse());
    expect(nodes.at(-1)!.changes.nodes[0]!.certificateId).toBe(id);
  });

  test('says of an import and a rollback what the log has', async () => {
    await createEnvironment(service, 'logged');
    const made = Array.from({ length: 4 }, (_, index) => makeCertificate(`Logged ${index}`));
    const certificates = made.map(({ fingerprint }, index) => ({
      name: `logged-${index}`,
      description: '',
      definitions: [
        { alias: `logged-${index}`, source: 'FILE' as const, url: null, environments: ['logged'], fingerprint },
      ],
      jwks: [],
    }));
    const pems = new Map(made.map(({ fingerprint, pem }) => [fingerprint, pem]));
    const content = JSON.stringify(exportDocument({ environments: [], certificates }, new Date(), pems));
    const swapped = certificates.map((each, index) => ({
      ...each,
      definitions: [{ ...each.definitions[0]!, fingerprint: made[3 - index]!.fingerprint }],
    }));
    const swap = JSON.stringify(exportDocument({ environments: [], certificates: swapped }, new Date(), pems));
    for (const file of [content, swap])
      await service.query(
        `mutation ($file: String!) { importCertificates(input: { content: $file, dryRun: false, onConflict: REPLACE }) {
           userErrors { code } } }`,
        { file },
      );
    await service.query(
      `mutation { rollbackEnvironment(input: { environment: "logged", revision: 0, expectedRevision: 2 }) {
         userErrors { code } } }`,
    );
    const { nodes } = await historyOf('logged');
    expect(nodes.map(({ record, counts }) => [record?.action, counts])).toEqual([
      ['rollbackEnvironment', { added: 0, changed: 0, removed: 4 }],
      ['importCertificates', { added: 0, changed: 4, removed: 0 }],
      ['importCertificates', { added: 4, changed: 0, removed: 0 }],
    ]);
    const { rows } = await harness.sql.query<{ revision: string; upserts: Line[]; removals: string[] }>(
      `SELECT r.* FROM revisions r JOIN environments e ON e.id = r.environment_id WHERE e.name = 'logged'
       ORDER BY revision DESC`,
    );
    const sorted = (lines: readonly Line[]) => lines.map(({ alias, fingerprint }) => `${alias} ${fingerprint}`).sort();
    for (const [index, { changes }] of nodes.entries()) {
      expect(sorted(changes.nodes.flatMap(({ after }) => after ?? []))).toEqual(sorted(rows[index]!.upserts));
      const gone = changes.nodes.flatMap(({ before, after }) => (before && !after ? [before.alias] : []));
      expect(gone.sort()).toEqual([...rows[index]!.removals].sort());
    }
  });

  test('is read in pages whose cursors stay good when more is deployed, and so is what a revision changed', async () => {
    await createEnvironment(service, 'paged');
    for (const index of [1, 2, 3]) await make(`paged-${index}`, ['paged'], makeCertificate());
    const first = await historyOf('paged', { first: 2 });
    expect(first.pageInfo.hasNextPage).toBe(true);
    await make('paged-4', ['paged'], makeCertificate());
    const rest = await historyOf('paged', { first: 2, after: first.pageInfo.endCursor });
    expect([first, rest].map(({ nodes }) => nodes.map(({ revision }) => revision))).toEqual([[3, 2], [1]]);
    expect(rest.pageInfo.hasNextPage).toBe(false);
    const imported = await historyOf('logged', { changes: 3 });
    const { nodes, pageInfo } = imported.nodes.at(-1)!.changes;
    expect([nodes.length, pageInfo.hasNextPage]).toEqual([3, true]);
    const more = await historyOf('logged', { changes: 3, changesAfter: pageInfo.endCursor });
    expect(more.nodes.at(-1)!.changes.nodes.map(({ name }) => name)).toEqual(['logged-3']);
    for (const after of ['garbage', pageInfo.endCursor])
      expect((await service.graphql(HISTORY, { name: 'paged', first: 1, changes: 1, after })).errors).toMatchObject([
        { message: 'after is not a cursor of this list', extensions: { code: 'BAD_USER_INPUT' } },
      ]);
    expect((await service.graphql(HISTORY, { name: 'paged', first: 500, changes: 500 })).errors).toMatchObject([
      { extensions: { code: 'LIMIT_EXCEEDED' } },
    ]);
  });

  test('knows a deployment LIVE once every JVM has proven it', async () => {
    const nats = await harness.connectNats();
    await createEnvironment(service, 'proven');
    const agent = await TestAgent.enroll(service, 'proven', 'host-1');
    const start = { epoch: 1, revision: 0 };
    await agent.send(nats, agent.status(start, { jvms: [jvm('a', start)] }));
    await until(
      () =>
        service.query<{ agents: { nodes: { state: string }[] } }>(
          '{ agents(environment: "proven") { nodes { state } } }',
        ),
      ({ agents }) => agents.nodes[0]?.state === 'WRITTEN',
    );
    await make('proven', ['proven'], makeCertificate());
    const states = async () => (await historyOf('proven')).nodes.map(({ progress }) => progress.state);
    expect(await states()).toEqual(['PENDING']);
    const at = { epoch: 1, revision: 1 };
    await agent.send(nats, agent.status(at, { jvms: [jvm('a', at)] }));
    expect(await until(states, ([state]) => state === 'LIVE')).toEqual(['LIVE']);
  });
});

describe('the history of a certificate', () => {
  const RECORDS = 'nodes { id action before after environments } pageInfo { hasNextPage endCursor }';
  interface Record {
    readonly id: string;
    readonly action: string;
    readonly after: { readonly version: number } | null;
  }

  test('has its versions and what was done to its JWKs, and is in the audit after its deletion', async () => {
    const stage = await makeJwkStage(service);
    await updateCertificate(service, {
      ...replacement(stage, makeCertificate('Renewed', { publicKey: newKey() }).pem),
      ...decided(stage, 'UPDATE'),
    });
    const { certificate } = await service.query<{ certificate: { version: number; history: PageView<Record> } }>(
      `query ($id: ID!) { certificate(by: { id: $id }) { version history { ${RECORDS} } } }`,
      { id: stage.id },
    );
    const { nodes } = certificate.history;
    expect(nodes.map(({ action }) => action)).toEqual(['updateCertificate', 'createJwk', 'createCertificate']);
    expect([nodes[0]!.after!.version, nodes[2]!.after!.version]).toEqual([2, 1]);
    const one = async (after: string | null) =>
      (
        await service.query<{ certificate: { history: PageView<Record> } }>(
          `query ($id: ID!, $after: String) { certificate(by: { id: $id }) { history(first: 1, after: $after) { ${RECORDS} } } }`,
          { id: stage.id, after },
        )
      ).certificate.history;
    const [newest] = [await one(null)];
    expect((await one(newest.pageInfo.endCursor)).nodes).toEqual([nodes[1]]);
    const { userErrors } = await deleteCertificate(service, {
      id: stage.id,
      expectedVersion: 2,
      ...decided(stage, 'DELETE_JWKS'),
    });
    expect(userErrors).toEqual([]);
    const { audit } = await service.query<{ audit: PageView<Record> }>(
      `query ($id: ID!) { audit(filter: { certificateId: $id }) { ${RECORDS} } }`,
      { id: stage.id },
    );
    expect(audit.nodes.map(({ action }) => action)).toEqual([
      'deleteCertificate',
      ...nodes.map(({ action }) => action),
    ]);
    expect(audit.nodes.slice(1)).toEqual(nodes);
  });
});
