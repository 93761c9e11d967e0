import { expect, test } from '@jest/globals';
import { decided, makeJwkStage, newKey, readJwk, replacement } from '../support/jwk-stage.js';
import { makeCertificate } from '../support/make-certificate.js';
import {
  type CertificateView,
  type UserErrorView,
  createCertificate,
  createEnvironment,
  pasted,
} from '../support/mutations.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);

async function update(updates: readonly object[], more: object = {}) {
  const { payload } = await service.query<{
    payload: {
      certificates: { name: string; version: number; definitions: { alias: string; fingerprint: string }[] }[];
      deployment: { environments: { revision: number }[] } | null;
      warnings: { field: string[] }[];
      userErrors: UserErrorView[];
    };
  }>(
    `mutation ($input: ChangeCertificatesInput!) { payload: changeCertificates(input: $input) {
       certificates { name version definitions { alias fingerprint } }
       deployment { environments { revision } } warnings { field } userErrors { __typename code message field } } }`,
    { input: { updates, ...more } },
  );
  return payload;
}

let serial = 0;
/** Two certificates in an environment of their own. */
async function pair() {
  const environment = `pair-${++serial}`;
  await createEnvironment(service, environment);
  const made = [makeCertificate('Left'), makeCertificate('Right')];
  const certificates: CertificateView[] = [];
  for (const [index, side] of ['left', 'right'].entries()) {
    const name = `${environment}-${side}`;
    const { certificate } = await createCertificate(service, {
      name,
      definitions: [pasted([environment], side, made[index]!.pem)],
    });
    certificates.push(certificate!);
  }
  const [left, right] = certificates as [CertificateView, CertificateView];
  const aliased = ({ id, version, definitions }: CertificateView, alias: string) => ({
    id,
    expectedVersion: version,
    definitions: [{ id: definitions[0]!.id, environments: [environment], alias }],
  });
  return { environment, left, right, made, aliased };
}

test('two certificates swap their aliases in one revision, which replaces each at once', async () => {
  const { environment, left, right, aliased } = await pair();
  const swap = [aliased(left, 'RIGHT'), aliased(right, 'left')];
  const done = await update(swap, { idempotencyKey: 'swapped' });
  expect(done).toMatchObject({
    certificates: [
      { name: left.name, version: 2, definitions: [{ alias: 'RIGHT', fingerprint: left.definitions[0]!.fingerprint }] },
      {
        name: right.name,
        version: 2,
        definitions: [{ alias: 'left', fingerprint: right.definitions[0]!.fingerprint }],
      },
    ],
    deployment: { environments: [{ revision: 3 }] },
    userErrors: [],
  });
  expect(await update(swap, { idempotencyKey: 'swapped' })).toEqual(done);
  const { rows } = await harness.sql.query<object>(
    `SELECT action, details ->> 'by' AS by, after ->> 'name' AS name, revisions <> '[]' AS deployed FROM audit
     WHERE environments = ARRAY[$1] AND action IN ('updateCertificate', 'changeCertificates') ORDER BY id`,
    [environment],
  );
  expect(rows).toEqual([
    { action: 'updateCertificate', by: 'changeCertificates', name: left.name, deployed: false },
    { action: 'updateCertificate', by: 'changeCertificates', name: right.name, deployed: false },
    { action: 'changeCertificates', by: null, name: null, deployed: true },
  ]);
  const { rollbackPlan } = await service.query<{ rollbackPlan: { steps: { after: { alias: string } }[] } }>(
    `{ rollbackPlan(environment: "${environment}", revision: 2) { steps { after { alias } } } }`,
  );
  expect(rollbackPlan.steps.map(({ after }) => after.alias)).toEqual(['left', 'right']);
});

test('they swap their X.509 certificates, and the warnings name the update', async () => {
  const { environment, left, right, made } = await pair();
  const with_ = ({ id, version, definitions }: CertificateView, alias: string, pem: string) => ({
    id,
    expectedVersion: version,
    definitions: [{ id: definitions[0]!.id, ...pasted([environment], alias, pem) }],
  });
  const { certificates, userErrors } = await update([
    with_(left, 'left', made[1]!.pem),
    with_(right, 'right', made[0]!.pem),
  ]);
  expect(userErrors).toEqual([]);
  expect(certificates.map(({ definitions }) => definitions[0]!.fingerprint)).toEqual([
    made[1]!.fingerprint,
    made[0]!.fingerprint,
  ]);
  const leaf = makeCertificate('Leaf', { issuer: 'Somebody', ca: false, days: 10 });
  const { warnings } = await update([
    { ...with_(left, 'left', made[1]!.pem), expectedVersion: 2, description: 'other' },
    { ...with_(right, 'right', leaf.pem), expectedVersion: 2 },
  ]);
  expect(new Set(warnings.map(({ field }) => field.slice(0, 2).join(' ')))).toEqual(new Set(['updates 1']));
});

test('nothing is changed when one of them cannot be, and it is told which', async () => {
  const { left, right, aliased } = await pair();
  const none = { certificates: [], deployment: null };
  expect(await update([aliased(left, 'same'), aliased(right, 'SAME')])).toMatchObject({
    ...none,
    userErrors: [{ code: 'ALIAS_TAKEN', field: ['updates', '1', 'definitions', '0', 'alias'] }],
  });
  expect(await update([aliased(left, 'right')])).toMatchObject({
    ...none,
    userErrors: [{ code: 'ALIAS_TAKEN', field: ['updates', '0', 'definitions', '0', 'alias'] }],
  });
  expect(await update([aliased(left, 'right'), { ...aliased(right, 'left'), expectedVersion: 7 }])).toMatchObject({
    ...none,
    userErrors: [{ code: 'VERSION_CONFLICT', field: ['updates', '1', 'expectedVersion'] }],
  });
  expect(await update([aliased(left, 'right'), { ...aliased(right, 'left'), definitions: [] }])).toMatchObject({
    ...none,
    userErrors: [{ code: 'INVALID_INPUT', field: ['updates', '1', 'definitions'] }],
  });
  expect(await update([aliased(left, 'a'), aliased(left, 'b')])).toMatchObject({
    ...none,
    userErrors: [{ code: 'INVALID_INPUT', message: 'a certificate is changed or deleted at most once' }],
  });
  expect(await update([aliased(left, 'right'), aliased(right, 'left')])).toMatchObject({ userErrors: [] });
});

test('each needs its own decision about JWKs', async () => {
  const stages = [await makeJwkStage(service), await makeJwkStage(service)];
  const renewals = stages.map((stage) => replacement(stage, makeCertificate('Renewed', { publicKey: newKey() }).pem));
  const [one, two] = stages.map((stage, index) => ({ ...renewals[index]!, ...decided(stage, 'UPDATE') }));
  expect((await update([one!, renewals[1]!])).userErrors).toMatchObject([
    { code: 'JWK_DECISION_REQUIRED', field: ['updates', '1', 'jwkDecision'] },
  ]);
  expect(await readJwk(service, stages[0]!.jwks[0]!.id)).toMatchObject({ version: 1 });
  expect((await update([one!, two!])).userErrors).toEqual([]);
  for (const { jwks } of stages) expect(await readJwk(service, jwks[0]!.id)).toMatchObject({ version: 2 });
});

interface Changed {
  readonly certificates: readonly { id: string; name: string; version: number; owner: string | null }[];
  readonly changed: boolean;
  readonly deployment: { readonly environments: readonly { revision: number }[] } | null;
  readonly userErrors: readonly (UserErrorView & { owner?: string })[];
}

async function change(input: object): Promise<Changed> {
  const { payload } = await service.query<{ payload: Changed }>(
    `mutation ($input: ChangeCertificatesInput!) { payload: changeCertificates(input: $input) {
       certificates { id name version owner } changed deployment { environments { revision } }
       userErrors { __typename code message field ... on OwnerDiffers { owner } } } }`,
    { input },
  );
  return payload;
}

async function stateOf(environment: string) {
  const found = await service.query<{
    environment: { revision: number } | null;
    certificates: { nodes: { name: string }[] };
  }>(
    `query ($name: String!) { environment(name: $name) { revision }
       certificates(first: 100, filter: { environment: $name }, orderBy: { by: NAME }) { nodes { name } } }`,
    { name: environment },
  );
  return { revision: found.environment?.revision ?? null, names: found.certificates.nodes.map(({ name }) => name) };
}

test('what is created, updated and deleted at once, with its environment, is one revision', async () => {
  const { environment, left, right, made, aliased } = await pair();
  const fresh = `${environment}-new`;
  const done = await change({
    environments: [{ name: fresh, kind: 'GATEWAY', title: 'New' }],
    // The alias of the one that is updated, and the certificate of the one that is deleted.
    creates: [{ name: 'x', definitions: [pasted([environment, fresh], 'LEFT', made[1]!.pem)] }],
    updates: [aliased(left, 'elsewhere')],
    deletions: [{ id: right.id, expectedVersion: right.version }],
  });
  expect(done.userErrors).toEqual([]);
  expect(done.deployment?.environments.map(({ revision }) => revision).sort()).toEqual([1, 3]);
  expect(await stateOf(environment)).toEqual({ revision: 3, names: [left.name, 'x'] });
  expect(await stateOf(fresh)).toEqual({ revision: 1, names: ['x'] });
});

test('a dry run refuses what the real one refuses, answers what it answers, and makes nothing', async () => {
  const { environment, left, right, aliased } = await pair();
  const before = await stateOf(environment);
  const definitions = [pasted([environment], 'third', makeCertificate('Third').pem)];
  const refused = [
    { creates: [{ name: left.name, definitions }] },
    { creates: [{ name: 'y', definitions: [pasted(['nowhere'], 'a', makeCertificate().pem)] }] },
    { updates: [aliased(left, 'right')] },
    { updates: [{ ...aliased(left, 'left2'), expectedVersion: 9 }] },
    { environments: [{ name: environment, kind: 'GATEWAY' }] },
  ];
  for (const input of refused) {
    const dry = await change({ ...input, dryRun: true });
    expect(dry.userErrors).toHaveLength(1);
    expect(dry.userErrors).toEqual((await change(input)).userErrors);
  }
  const fresh = `${environment}-dry`;
  const accepted = {
    environments: [{ name: fresh, kind: 'GATEWAY' }],
    creates: [{ name: 'z', definitions: [pasted([environment, fresh], 'third', makeCertificate('Third').pem)] }],
    deletions: [{ id: right.id, expectedVersion: right.version }],
    idempotencyKey: 'dry-then-real',
  };
  expect(await change({ ...accepted, idempotencyKey: null, dryRun: true })).toMatchObject({
    // What would be made has no id yet, and what would be changed is not so.
    certificates: [],
    ...{ changed: true, deployment: null, userErrors: [] },
  });
  expect(await stateOf(environment)).toEqual(before);
  expect(await stateOf(fresh)).toEqual({ revision: null, names: [] });
  const real = await change(accepted);
  expect(real).toMatchObject({ certificates: [{ name: 'z', version: 1 }], changed: true, userErrors: [] });
  expect(await change(accepted)).toEqual(real);
  expect((await stateOf(environment)).names).toEqual([left.name, 'z']);
});

test('a certificate of another owner is refused until it is taken over', async () => {
  const { environment, left, right, aliased } = await pair();
  expect((await change({ updates: [aliased(left, 'mine')], owner: 'team a' })).certificates).toMatchObject([
    { owner: 'team a', version: 2 },
  ]);
  const theirs = { ...aliased(left, 'theirs'), expectedVersion: 2 };
  const both = { updates: [theirs, aliased(right, 'right')], owner: 'team b' };
  expect(await change(both)).toMatchObject({
    certificates: [],
    userErrors: [{ __typename: 'OwnerDiffers', code: 'OWNER_DIFFERS', field: ['updates', '0'], owner: 'team a' }],
  });
  const deletion = { deletions: [{ id: left.id, expectedVersion: 2 }], owner: 'team b' };
  expect((await change(deletion)).userErrors).toMatchObject([{ code: 'OWNER_DIFFERS', field: ['deletions', '0'] }]);
  expect((await change({ ...both, takeOver: true })).certificates).toMatchObject([
    { name: left.name, owner: 'team b' },
    { name: right.name, owner: 'team b' },
  ]);
  expect((await stateOf(environment)).names).toEqual([left.name, right.name]);
});
