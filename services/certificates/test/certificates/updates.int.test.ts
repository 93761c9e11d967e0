import { describe, expect, test } from '@jest/globals';
import { certificateTexts } from '@trustcast/schema';
import { exported, importFile } from '../support/exchange-files.js';
import { disconnectJwk, renameJwk } from '../support/jwk-mutations.js';
import { type JwkStage, makeJwkStage } from '../support/jwk-stage.js';
import {
  createCertificate,
  createEnvironment,
  deleteCertificate,
  pasted,
  updateCertificate,
} from '../support/mutations.js';
import { makeCertificate, makeCertificates } from '../support/make-certificate.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const made = makeCertificates(2);
let serial = 0;
const unique = (prefix: string) => `${prefix}-${++serial}`;

async function trace(): Promise<unknown> {
  const { rows } = await harness.sql.query<object>(
    `SELECT (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.id) FROM certificates c) AS certificates,
       (SELECT jsonb_agg(to_jsonb(d) ORDER BY d.id) FROM definitions d) AS definitions,
       (SELECT jsonb_agg(to_jsonb(j) ORDER BY j.id) FROM jwks j) AS jwks,
       (SELECT jsonb_agg(to_jsonb(e) ORDER BY e.id) FROM environments e) AS environments,
       (SELECT count(*) FROM revisions) AS revisions, (SELECT count(*) FROM audit) AS audit`,
  );
  return rows;
}

const asItIs = ({ id, definitionId, name, environments }: JwkStage) => ({
  id,
  expectedVersion: 1,
  definitions: [{ id: definitionId, alias: name, environments: [...environments].reverse() }],
});

test.each<[string, (stage: JwkStage) => object]>([
  ['nothing at all', ({ id }) => ({ id, expectedVersion: 1 })],
  ['the same description', ({ id }) => ({ id, expectedVersion: 1, description: '' })],
  ['the same definitions', asItIs],
  [
    'the same certificate again',
    (stage) => {
      const { alias, environments } = asItIs(stage).definitions[0]!;
      const definition = { id: stage.definitionId, ...pasted(environments, alias, stage.made.pem) };
      return { ...asItIs(stage), definitions: [definition], description: '' };
    },
  ],
])('an update to %s bumps neither version nor revision, and says so', async (_what, change) => {
  const stage = await makeJwkStage(service, { environments: 2 });
  const before = await trace();
  const input = { ...change(stage), idempotencyKey: `unchanged-${stage.name}` };
  const ask = () => updateCertificate(service, input);
  for (const answer of [await ask(), await ask()]) {
    expect(answer).toMatchObject({ userErrors: [], deployment: null, changed: false, certificate: { version: 1 } });
    expect(answer.warnings).toContainEqual(expect.objectContaining({ code: 'UNCHANGED' }));
    expect(await trace()).toEqual(before);
  }
});

test('an update that changes nothing is refused all the same when it is based on another version', async () => {
  const stage = await makeJwkStage(service);
  expect(await updateCertificate(service, { ...asItIs(stage), expectedVersion: 2 })).toMatchObject({
    changed: false,
    userErrors: [{ code: 'VERSION_CONFLICT' }],
  });
});

const ALL = `mutation ($input: ChangeCertificatesInput!) { payload: changeCertificates(input: $input) {
  changed certificates { version } deployment { id } warnings { code field } userErrors { code } } }`;

test('of several certificates those that stay as they are keep their versions', async () => {
  const certificates = [];
  for (const [index, { pem }] of made.entries()) {
    const name = `several-${index}`;
    const { certificate } = await createCertificate(service, {
      name,
      definitions: [pasted(['apimanager'], name, pem)],
    });
    const { id, definitions } = certificate!;
    const kept = { id: definitions[0]!.id, alias: name, environments: ['apimanager'] };
    certificates.push({ id, expectedVersion: 1, definitions: [kept] });
  }
  const before = await trace();
  const unchanged = await service.query(ALL, { input: { updates: certificates } });
  const says = (index: number) => ({ code: 'UNCHANGED', field: ['updates', String(index)] });
  expect(unchanged).toMatchObject({
    payload: { changed: false, deployment: null, certificates: [{ version: 1 }, { version: 1 }], userErrors: [] },
  });
  expect(unchanged).toMatchObject({ payload: { warnings: [says(0), says(1)] } });
  expect(await trace()).toEqual(before);
  const [first, second] = certificates;
  const updates = [{ ...first!, description: 'other' }, second!];
  expect(await service.query(ALL, { input: { updates } })).toMatchObject({
    payload: { changed: true, certificates: [{ version: 2 }, { version: 1 }], warnings: [says(1)] },
  });
});

test('a JWK that is named so, or follows nothing, and an environment that has the title stay as they are', async () => {
  const stage = await makeJwkStage(service);
  const { id, name } = stage.jwks[0]!;
  expect((await disconnectJwk(service, { id, expectedVersion: 1 })).userErrors).toEqual([]);
  const title = { name: stage.environments[0], title: 'Stage' };
  const retitle = `mutation ($input: UpdateEnvironmentInput!) {
    payload: updateEnvironment(input: $input) { changed environment { title } userErrors { code } } }`;
  expect(await service.query(retitle, { input: title })).toMatchObject({ payload: { changed: true } });
  const before = await trace();
  const same = { changed: false, userErrors: [], jwk: { version: 2 } };
  expect(await renameJwk(service, { id, expectedVersion: 2, name })).toMatchObject(same);
  expect(await disconnectJwk(service, { id, expectedVersion: 2 })).toMatchObject(same);
  expect(await service.query(retitle, { input: title })).toMatchObject({
    payload: { changed: false, environment: { title: 'Stage' } },
  });
  expect(await trace()).toEqual(before);
});

test('a rollback to what is there already leaves no trace', async () => {
  const { environments } = await makeJwkStage(service);
  const before = await trace();
  const input = { environment: environments[0], revision: 1, expectedRevision: 1 };
  const rolled = await service.query(
    `mutation ($input: RollbackEnvironmentInput!) {
       payload: rollbackEnvironment(input: $input) { deployment { id } userErrors { code } } }`,
    { input },
  );
  expect(rolled).toEqual({ payload: { deployment: null, userErrors: [] } });
  expect(await trace()).toEqual(before);
});

describe('updating', () => {
  test('replaces the certificate under its alias in one revision', async () => {
    const environment = unique('env');
    await createEnvironment(service, environment);
    const name = unique('rotated');
    const next = makeCertificate();
    const { certificate } = await createCertificate(service, {
      name,
      definitions: [pasted([environment], name, makeCertificate().pem)],
    });
    const updated = await updateCertificate(service, {
      id: certificate!.id,
      expectedVersion: 1,
      definitions: [
        {
          id: certificate!.definitions[0]!.id,
          ...pasted([environment], name, next.pem),
        },
      ],
    });
    expect(updated.certificate).toMatchObject({ version: 2, definitions: [{ fingerprint: next.fingerprint }] });
    const { rows } = await harness.sql.query<object>(
      `SELECT r.revision, r.upserts, r.removals FROM revisions r JOIN environments e ON e.id = r.environment_id
       WHERE e.name = $1 ORDER BY r.revision`,
      [environment],
    );
    expect(rows[1]).toEqual({
      revision: '2',
      upserts: [{ alias: name, fingerprint: next.fingerprint, replaces: true }],
      removals: [],
    });
  });

  test('moves an alias between its definitions, respells another, and leaves an environment', async () => {
    const [a, b, c] = [unique('env'), unique('env'), unique('env')] as const;
    for (const environment of [a, b, c]) await createEnvironment(service, environment);
    const [one, two] = [makeCertificate(), makeCertificate()];
    const { certificate } = await createCertificate(service, {
      name: unique('moving'),
      definitions: [pasted([a, c], 'x', one.pem), pasted([b], 'y', two.pem)],
    });
    const [first, second] = certificate!.definitions;
    const { certificate: moved, userErrors } = await updateCertificate(service, {
      id: certificate!.id,
      expectedVersion: 1,
      definitions: [
        { id: second!.id, environments: [a], alias: 'X' },
        { id: first!.id, environments: [b], alias: 'y' },
      ],
    });
    expect(userErrors).toEqual([]);
    expect(moved!.definitions).toMatchObject([
      { id: second!.id, alias: 'X', fingerprint: two.fingerprint, environments: [{ name: a }] },
      { id: first!.id, alias: 'y', fingerprint: one.fingerprint, environments: [{ name: b }] },
    ]);
    const { rows } = await harness.sql.query<{ name: string }>(
      `SELECT e.name, r.upserts, r.removals FROM revisions r JOIN environments e ON e.id = r.environment_id
       WHERE e.name = ANY ($1) AND r.revision = 2`,
      [[a, b, c]],
    );
    const changes = new Map(rows.map(({ name, ...change }) => [name, change]));
    expect(changes.get(a)).toEqual({
      upserts: [{ alias: 'X', fingerprint: two.fingerprint, replaces: false }],
      removals: ['x'],
    });
    expect(changes.get(b)).toEqual({
      upserts: [{ alias: 'y', fingerprint: one.fingerprint, replaces: true }],
      removals: [],
    });
    expect(changes.get(c)).toEqual({ upserts: [], removals: ['x'] });
    const { environment } = await service.query<{ environment: object }>(
      'query ($name: String!) { environment(name: $name) { revision entries } }',
      { name: c },
    );
    expect(environment).toEqual({ revision: 2, entries: 0 });
  });

  test('of the description alone deploys nothing', async () => {
    const name = unique('described');
    const { certificate } = await createCertificate(service, {
      name,
      definitions: [pasted(['apimanager'], name, makeCertificate().pem)],
    });
    const before = await harness.sql.query<object>('SELECT name, revision FROM environments ORDER BY id');
    const updated = await updateCertificate(service, { id: certificate!.id, expectedVersion: 1, description: 'why' });
    expect(updated).toMatchObject({ certificate: { version: 2, description: 'why' }, deployment: null });
    const after = await harness.sql.query<object>('SELECT name, revision FROM environments ORDER BY id');
    expect(after.rows).toEqual(before.rows);
  });
});

test.each(certificateTexts)(
  'the %s is changed, found, exported, brought back by a rollback, and imported',
  async (text) => {
    const [name, environment, first, second] = ['named', 'texts', 'first', 'second'].map((word) => unique(word));
    await createEnvironment(service, environment!);
    const { pem, fingerprint } = makeCertificate();
    const definitions = [pasted([environment!], name!, pem)];
    const { certificate } = await createCertificate(service, { name, [text]: first, definitions });
    const ofCertificate = async (search: string) => {
      const query = `query ($text: String!) { certificates(filter: { text: $text }) { nodes { name ${text} } } }`;
      return (await service.query<{ certificates: { nodes: object[] } }>(query, { text: search })).certificates.nodes;
    };
    expect(await ofCertificate(first!)).toEqual([{ name, [text]: first }]);
    await updateCertificate(service, { id: certificate!.id, expectedVersion: 1, [text]: second });
    expect(await ofCertificate(second!)).toEqual([{ name, [text]: second }]);
    const file = await exported(service, 'json');
    await deleteCertificate(service, { id: certificate!.id, expectedVersion: 2 });
    await service.query(
      `mutation ($input: RollbackEnvironmentInput!) { rollbackEnvironment(input: $input) { userErrors { code } } }`,
      { input: { environment, revision: 1, expectedRevision: 2, retrust: [fingerprint] } },
    );
    expect(await ofCertificate(name!)).toEqual([{ name, [text]: first }]);
    await importFile(service, file, { onConflict: 'REPLACE' });
    expect(await ofCertificate(name!)).toEqual([{ name, [text]: second }]);
  },
);

test.each(certificateTexts)('an answer that was stored before certificates had a %s is repeated', async (text) => {
  const name = unique('repeated');
  const definitions = [pasted(['apimanager'], name, makeCertificate().pem)];
  const input = { name, definitions, [text]: 'given', idempotencyKey: name };
  await createCertificate(service, input);
  const path = ['certificate', text];
  const { rowCount } = await harness.sql.query(
    'UPDATE idempotency_keys SET answer = answer::jsonb #- $2::text[] WHERE key = $1 AND answer::jsonb #> $2::text[] IS NOT NULL',
    [name, path],
  );
  expect(rowCount).toBe(1);
  expect(await createCertificate(service, input)).toMatchObject({ certificate: { name, [text]: '' }, userErrors: [] });
});
