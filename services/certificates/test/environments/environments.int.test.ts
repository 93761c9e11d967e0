import { expect, test } from '@jest/globals';
import { makeCertificate } from '../support/make-certificate.js';
import { codes, createCertificate, createEnvironment, deleteCertificate, pasted } from '../support/mutations.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const CREATE = `mutation { createEnvironment(input: { name: "one-more", kind: GATEWAY }) {
  environment { name } userErrors { code message field } } }`;

test('environments are made, listed, retitled, and deleted when nothing belongs to them', async () => {
  const name = 'life';
  const environmentMutation = async (text: string) => {
    const answer = await service.query<{ payload: { userErrors: { code: string; node?: object }[] } }>(
      `mutation { payload: ${text} }`,
    );
    return answer.payload;
  };
  const fields = `{ environment { name title kind }
    userErrors { code field ... on NameTaken { node { ... on Environment { name } } } } }`;
  await createEnvironment(service, name);
  expect(
    await environmentMutation(`createEnvironment(input: {name: "${name}", kind: GATEWAY}) ${fields}`),
  ).toMatchObject({ userErrors: [{ code: 'NAME_TAKEN', node: { name } }] });
  expect(await environmentMutation(`updateEnvironment(input: {name: "${name}", title: "Life"}) ${fields}`)).toEqual({
    environment: { name, title: 'Life', kind: 'API_MANAGER' },
    userErrors: [],
  });
  const certificate = 'inside';
  await createCertificate(service, {
    name: certificate,
    definitions: [pasted([name], certificate, makeCertificate().pem)],
  });
  const remove = `deleteEnvironment(input: {name: "${name}"}) ${fields}`;
  expect(codes(await environmentMutation(remove))).toEqual(['ENVIRONMENT_IN_USE']);
  const data = await service.query<{ certificate: { id: string } | null }>(
    'query ($name: String!) { certificate(by: { name: $name }) { id } }',
    {
      name: certificate,
    },
  );
  await deleteCertificate(service, { id: data.certificate!.id, expectedVersion: 1 });
  expect(codes(await environmentMutation(remove))).toEqual([]);
  expect(codes(await environmentMutation(remove))).toEqual(['ENVIRONMENT_NOT_FOUND']);
  expect(codes(await environmentMutation(`deleteEnvironment(input: {name: "apimanager"}) ${fields}`))).toEqual([
    'ENVIRONMENT_IN_USE',
  ]);
  expect(
    codes(await environmentMutation(`createEnvironment(input: {name: "Not Good", kind: GATEWAY}) ${fields}`)),
  ).toEqual(['INVALID_INPUT']);
});

test('the list of environments, which is no page, is as long as a thousand: one more is refused until one is deleted', async () => {
  await harness.sql.query(
    `INSERT INTO environments (id, name, title, kind)
     SELECT gen_random_uuid(), 'filler-' || n, 'filler', 'GATEWAY' FROM generate_series(1, 999) AS n`,
  );
  expect(await service.query(CREATE)).toMatchObject({
    createEnvironment: { environment: null, userErrors: [{ code: 'INVALID_INPUT', field: ['name'] }] },
  });
  await service.query('mutation { deleteEnvironment(input: { name: "filler-1" }) { userErrors { code } } }');
  expect(await service.query(CREATE)).toEqual({
    createEnvironment: { environment: { name: 'one-more' }, userErrors: [] },
  });
  const { environments } = await service.query<{ environments: object[] }>('{ environments { name } }');
  expect(environments).toHaveLength(1_000);
});
