import { beforeAll, describe, expect, test } from '@jest/globals';
import { migrations } from '@trustcast/migrations';
import { openDatabase } from '../../src/platform/postgres/database.js';
import { makeCertificate } from '../support/make-certificate.js';
import {
  type CertificateView,
  createCertificate,
  createEnvironment,
  deleteCertificate,
  pasted,
  updateCertificate,
} from '../support/mutations.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);

/** All that history and rollback say of an environment. */
async function pastOf(environment: string, revisions: readonly number[]) {
  const history = await service.query(
    `query ($name: String!) { environment(name: $name) { history { nodes {
       revision epoch counts { added changed removed }
       changes { nodes { name certificateId before { alias fingerprint } after { alias fingerprint } } } } } } }`,
    { name: environment },
  );
  return [history, ...(await Promise.all(revisions.map((revision) => planOf(environment, revision))))];
}

function planOf(environment: string, revision: number) {
  return service.query<{ rollbackPlan: { steps: { name: string; after: object | null }[] } }>(
    `query ($environment: String!, $revision: Int!) { rollbackPlan(environment: $environment, revision: $revision) {
       expectedRevision steps { name action before { alias fingerprint } after { alias fingerprint } retrusts recreates } } }`,
    { environment, revision },
  );
}

/** An environment with 7 revisions: creations, a replacement, a respelling, a deletion, a rollback, and an entry elsewhere. */
async function makePast(name: string): Promise<void> {
  await createEnvironment(service, name);
  const make = async (label: string, environments: readonly string[]) =>
    (
      await createCertificate(service, {
        name: `${label}-${name}`,
        description: `${label} of ${name}`,
        definitions: [pasted(environments, `${label}-${name}`, makeCertificate(label).pem)],
      })
    ).certificate!;
  const update = ({ id, version, definitions }: CertificateView, alias: string, pem: string) =>
    updateCertificate(service, {
      id,
      expectedVersion: version,
      definitions: [{ id: definitions[0]!.id, ...pasted([name], alias, pem) }],
    });
  const one = await make('one', [name]);
  const two = await make('two', [name, 'apimanager']);
  const renewed = await update(one, `one-${name}`, makeCertificate('renewed').pem);
  await update(renewed.certificate!, `ONE-${name}`, makeCertificate('again').pem);
  await deleteCertificate(service, { id: two.id, expectedVersion: 1 });
  await make('three', [name]);
  await service.query(
    `mutation ($name: String!) { rollbackEnvironment(input: { environment: $name, revision: 0, expectedRevision: 6 }) {
       userErrors { code } } }`,
    { name },
  );
}

const HISTORY = 'RevisionChanges1764200000000';
const ALL = [0, 1, 2, 3, 4, 5, 6, 7];

/** In a session whose statements fire no triggers: the audit refuses to be changed. */
async function changeAudit(...statements: readonly string[]): Promise<void> {
  const client = await harness.sql.connect();
  try {
    await client.query('SET session_replication_role = replica');
    for (const statement of statements) await client.query(statement);
    await client.query('RESET session_replication_role');
  } finally {
    client.release();
  }
}

/** The database as the release before left it, migrated again. */
async function migrateAgain(before: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  const database = await openDatabase(harness.databaseUrl);
  try {
    const timeOf = (name: string) => Number(name.slice(-13));
    const later = migrations.filter(({ name }) => timeOf(name) >= timeOf(HISTORY));
    for (const Migration of later.sort((a, b) => timeOf(b.name) - timeOf(a.name))) {
      await new Migration().down({ query: (text: string) => harness.sql.query(text) } as never);
      await harness.sql.query('DELETE FROM migrations WHERE name = $1', [Migration.name]);
    }
    await before();
    await database.migrate();
  } finally {
    await database.close();
  }
}

describe('history and rollback', () => {
  let past: unknown[];

  beforeAll(async () => {
    await makePast('kept');
    past = await pastOf('kept', ALL);
  });

  test('say what a revision did, and what an environment had', async () => {
    const steps = (await planOf('kept', 4)).rollbackPlan.steps.map(({ name, after }) => [name, after]);
    expect(steps).toEqual([
      ['one-kept', { alias: 'ONE-kept', fingerprint: expect.any(String) }],
      ['two-kept', { alias: 'two-kept', fingerprint: expect.any(String) }],
    ]);
    expect(past).toHaveLength(9);
  });

  test('say the same of a database that a release before had, after its migration', async () => {
    await migrateAgain();
    expect(await pastOf('kept', ALL)).toEqual(past);
  });

  test('say the same of revisions that a process of the release before deploys during a rolling update', async () => {
    await harness.sql.query(
      `DELETE FROM revision_changes c USING environments e WHERE e.id = c.environment_id AND e.name = 'kept' AND c.revision > 2`,
    );
    const [, ...plans] = await pastOf('kept', ALL);
    expect(plans).toEqual(past.slice(1));
    expect(await pastOf('kept', ALL)).toEqual(past);
  });

  test('say the same when records of the audit have another shape, and when they are gone', async () => {
    await changeAudit(
      `UPDATE audit SET before = '{"v": 2}', after = '{"v": 2, "definitions": {}}' WHERE certificate_id IS NOT NULL`,
    );
    expect(await pastOf('kept', ALL)).toEqual(past);
    await changeAudit('DELETE FROM audit');
    expect(await pastOf('kept', ALL)).toEqual(past);
  });
});

describe('a migration that cannot read a record of the audit', () => {
  test('begins history with what the environment has, so that no rollback leads to entries that are not known', async () => {
    await makePast('unread');
    await makePast('read');
    const later = await createCertificate(service, {
      name: 'later',
      definitions: [pasted(['unread'], 'later', makeCertificate().pem)],
    });
    const read = await pastOf('read', ALL);
    await migrateAgain(() =>
      changeAudit(
        `UPDATE audit SET after = '{"v": 2}' WHERE after ->> 'name' = 'two-unread' AND action = 'createCertificate'`,
      ),
    );
    expect(await pastOf('read', ALL)).toEqual(read);
    const query = '{ rollbackPlan(environment: "unread", revision: 7) { expectedRevision } }';
    expect((await service.graphql(query)).errors).toMatchObject([
      { message: 'environment unread has no revision 7; it has 8 to 8' },
    ]);
    const { payload } = await service.query<{ payload: object }>(
      `mutation { payload: rollbackEnvironment(input: { environment: "unread", revision: 7, expectedRevision: 8 }) {
         userErrors { code field } } }`,
    );
    expect(payload).toEqual({ userErrors: [{ code: 'INVALID_INPUT', field: ['revision'] }] });
    await deleteCertificate(service, { id: later.certificate!.id, expectedVersion: 1 });
    expect((await planOf('unread', 8)).rollbackPlan.steps).toMatchObject([{ name: 'later', before: null }]);
    expect((await planOf('unread', 9)).rollbackPlan.steps).toEqual([]);
  });
});
