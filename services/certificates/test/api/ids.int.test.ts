import { expect, test } from '@jest/globals';
import { download } from '../support/exchange-files.js';
import { makeJwk, makeJwkStage, newKey, readJwk, replacement } from '../support/jwk-stage.js';
import { deleteJwk, renameJwk } from '../support/jwk-mutations.js';
import { makeCertificate } from '../support/make-certificate.js';
import { codes, createCertificate, deleteCertificate, pasted, updateCertificate } from '../support/mutations.js';
import { TestAgent } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);

test('a definition is found by its id in upper case, and keeps it', async () => {
  const stage = await makeJwkStage(service, { jwks: 0 });
  const { made, definitionId } = stage;
  const { certificate, userErrors } = await updateCertificate(service, {
    id: stage.id.toUpperCase(),
    expectedVersion: 1,
    definitions: [{ id: definitionId.toUpperCase(), environments: stage.environments, alias: 'respelled' }],
  });
  expect(userErrors).toEqual([]);
  expect(certificate).toMatchObject({
    id: stage.id,
    definitions: [{ id: definitionId, alias: 'respelled', fingerprint: made.fingerprint }],
  });
});

test('definitions of several certificates are found by their ids in upper case', async () => {
  const stage = await makeJwkStage(service, { jwks: 0 });
  const updates = [
    {
      id: stage.id.toUpperCase(),
      expectedVersion: 1,
      definitions: [{ id: stage.definitionId.toUpperCase(), environments: stage.environments, alias: 'other' }],
    },
  ];
  const { payload } = await service.query<{ payload: { certificates: unknown; userErrors: unknown } }>(
    `mutation ($input: ChangeCertificatesInput!) { payload: changeCertificates(input: $input) {
       certificates { definitions { id alias } } userErrors { code field } } }`,
    { input: { updates } },
  );
  expect(payload).toEqual({
    certificates: [{ definitions: [{ id: stage.definitionId, alias: 'other' }] }],
    userErrors: [],
  });
});

test('one definition named twice, once in upper case, is named twice', async () => {
  const stage = await makeJwkStage(service, { environments: 2, jwks: 0 });
  const { userErrors } = await updateCertificate(service, {
    id: stage.id,
    expectedVersion: 1,
    definitions: stage.environments.map((environment, index) => ({
      id: index === 0 ? stage.definitionId : stage.definitionId.toUpperCase(),
      environments: [environment],
      alias: 'again',
    })),
  });
  expect(userErrors).toMatchObject([{ field: ['definitions', '1', 'id'], message: 'the definition is named twice' }]);
});

test('everything else is found by its id in upper case, as argument, literal and filter', async () => {
  const stage = await makeJwkStage(service);
  const [jwk] = stage.jwks;
  const [id, jwkId] = [stage.id.toUpperCase(), jwk!.id.toUpperCase()];
  const found = await service.query(
    `query ($jwkId: ID!, $id: ID!) { jwk(id: $jwkId) { id } node(id: $id) { id } literal: node(id: "${jwkId}") { id }
       jwks(filter: { certificateId: $id }) { nodes { id } } audit(filter: { certificateId: $id }) { nodes { certificateId } } }`,
    { jwkId, id },
  );
  expect(found).toEqual({
    jwk: { id: jwk!.id },
    node: { id: stage.id },
    literal: { id: jwk!.id },
    jwks: { nodes: [{ id: jwk!.id }] },
    audit: { nodes: [{ certificateId: stage.id }, { certificateId: stage.id }] },
  });
  expect(codes(await renameJwk(service, { id: jwkId, expectedVersion: 1, name: 'renamed' }))).toEqual([]);
  expect(await readJwk(service, jwkId)).toMatchObject({ id: jwk!.id, name: 'renamed' });
  expect(codes(await deleteJwk(service, { id: jwkId, expectedVersion: 2 }))).toEqual([]);
  const made = await makeJwk(service, id, stage.environments[0]!);
  expect(made.link).toMatchObject({ certificate: { id: stage.id } });
  const path = `/certificates/${id}/definitions/${stage.definitionId.toUpperCase()}/file`;
  expect((await download(service, path)).status).toBe(200);
});

test('a retry that writes its ids in upper case is the same request', async () => {
  const stage = await makeJwkStage(service, { jwks: 0 });
  const update = { ...replacement(stage, makeCertificate('next', { publicKey: newKey() }).pem), idempotencyKey: 'ids' };
  const first = await updateCertificate(service, update);
  const again = await updateCertificate(service, { ...update, id: stage.id.toUpperCase() });
  expect(again.certificate).toEqual(first.certificate);
});

test('an agent that is deleted is named as it was', async () => {
  const { createAgent } = await service.query<{ createAgent: { agent: { id: string } } }>(
    'mutation { createAgent(input: { environment: "apimanager", name: "upper" }) { agent { id } } }',
  );
  const { id } = createAgent.agent;
  const { payload } = await service.query<{ payload: unknown }>(
    'mutation ($input: DeleteAgentInput!) { payload: deleteAgent(input: $input) { agent { id } userErrors { code } } }',
    { input: { id: id.toUpperCase() } },
  );
  expect(payload).toEqual({ agent: { id }, userErrors: [] });
});

test('what is no id names nothing', async () => {
  const { pem } = makeCertificate('no-id', { publicKey: newKey() });
  const { certificate } = await createCertificate(service, {
    name: 'no-id',
    definitions: [pasted(['apimanager'], 'no-id', pem)],
  });
  expect(codes(await deleteCertificate(service, { id: `${certificate!.id}0`, expectedVersion: 1 }))).toEqual([
    'CERTIFICATE_NOT_FOUND',
  ]);
});

test('node finds whatever has an id', async () => {
  const stage = await makeJwkStage(service, { jwks: 0 });
  const { environments } = await service.query<{ environments: { id: string }[] }>('{ environments { id } }');
  const agent = await TestAgent.enroll(service, 'apimanager', 'node-host');
  const { deployment } = await createCertificate(service, {
    name: 'node',
    definitions: [pasted(['apimanager'], 'node', makeCertificate().pem)],
  });
  const typeOf = async (id: string) => {
    const { node } = await service.query<{ node: { __typename: string; id: string } | null }>(
      'query ($id: ID!) { node(id: $id) { __typename id } }',
      { id },
    );
    return node && [node.__typename, node.id === id];
  };
  expect(await typeOf(stage.id)).toEqual(['Certificate', true]);
  expect(await typeOf(environments[0]!.id)).toEqual(['Environment', true]);
  expect(await typeOf(agent.registration.agent)).toEqual(['Agent', true]);
  expect(await typeOf(deployment!.id)).toEqual(['Deployment', true]);
  expect(await typeOf('00000000-0000-4000-8000-000000000000')).toBeNull();
  expect(await typeOf("' OR 1=1 --")).toBeNull();
});
