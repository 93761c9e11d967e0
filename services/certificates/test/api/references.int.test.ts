import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { until } from '../support/harness.js';
import { makeJwkStage, newKey } from '../support/jwk-stage.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, deleteCertificate, pasted } from '../support/mutations.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);

test('what refers to something has it as an object, and null when it is gone', async () => {
  const stage = await makeJwkStage(service);
  const [environment] = stage.environments;
  const question = `{
    jwks(filter: { environment: "${environment}" }) { nodes { link { certificate { id } definition { id alias } } } }
    audit(filter: { action: "createCertificate", environment: "${environment}" }) { nodes { certificateId certificate { name } } }
    environment(name: "${environment}") { history(last: 1) { nodes {
      deployment { id environments { revision } } changes { nodes { certificateId certificate { name } } } } } } }`;
  const { id, name, definitionId } = stage;
  const there = { certificateId: id, certificate: { name } };
  expect(await service.query(question)).toMatchObject({
    jwks: { nodes: [{ link: { certificate: { id }, definition: { id: definitionId, alias: name } } }] },
    audit: { nodes: [there] },
    environment: {
      history: { nodes: [{ deployment: { environments: [{ revision: 1 }] }, changes: { nodes: [there] } }] },
    },
  });
  const jwkDecision = { decision: 'DISCONNECT', jwkIds: stage.jwks.map((jwk) => jwk.id) };
  await deleteCertificate(service, { id, expectedVersion: 1, jwkDecision, confirmName: name });
  const gone = { certificateId: id, certificate: null };
  expect(await service.query(question)).toMatchObject({
    jwks: { nodes: [{ link: null }] },
    audit: { nodes: [gone] },
    environment: { history: { nodes: [{ changes: { nodes: [gone] } }] } },
  });
});

test('an alias that is taken names the certificate that has it', async () => {
  const stage = await makeJwkStage(service);
  const { pem } = makeCertificate('other', { publicKey: newKey() });
  const definitions = [pasted(stage.environments, stage.name.toUpperCase(), pem)];
  const { payload } = await service.query<{ payload: unknown }>(
    `mutation ($input: CreateCertificateInput!) { payload: createCertificate(input: $input) {
       userErrors { code field ... on AliasTaken { environment certificate { name } } } } }`,
    { input: { name: `${stage.name}-other`, definitions } },
  );
  const taken = { environment: stage.environments[0], certificate: { name: stage.name } };
  expect(payload).toEqual({
    userErrors: [{ code: 'ALIAS_TAKEN', field: ['definitions', '0', 'alias'], ...taken }],
  });
});

test('a certificate is named by its id or by its name, and by exactly one of them', async () => {
  const { id, name } = await makeJwkStage(service);
  const query = 'query ($by: CertificateBy!) { certificate(by: $by) { id name } }';
  for (const by of [{ id }, { name }])
    expect(await service.query(query, { by })).toEqual({ certificate: { id, name } });
  for (const by of [{}, { id, name }, { id: null }])
    expect((await service.graphql(query, { by })).errors?.length).toBeGreaterThan(0);
  expect((await service.graphql(`{ certificate(by: { id: "${id}", name: "${name}" }) { id } }`)).errors?.length).toBe(
    1,
  );
});

test('a certificate says per environment on how many hosts it is written and on how many JVMs it is live', async () => {
  const stage = await makeJwkStage(service, { environments: 2, jwks: 1 });
  const [environment, other] = stage.environments;
  const nats = await harness.connectNats();
  const agent = await TestAgent.enroll(service, environment!, 'host');
  const read = async () => {
    const { certificate } = await service.query<{ certificate: { deployments: Record<string, unknown>[] } }>(
      `query ($id: ID!) { certificate(by: { id: $id }) { deployments {
         environment { name counts { certificates agents jwks } } definition { id } hosts written jvms live proven jwkCount } } }`,
      { id: stage.id },
    );
    return certificate.deployments;
  };
  const definition = { id: stage.definitionId };
  const nobody = { definition, hosts: 0, written: 0, jvms: 0, live: 0, proven: false };
  expect(await read()).toEqual([
    {
      ...nobody,
      hosts: 1,
      environment: { name: environment, counts: { certificates: 1, agents: 1, jwks: 1 } },
      jwkCount: 1,
    },
    { ...nobody, environment: { name: other, counts: { certificates: 1, agents: 0, jwks: 0 } }, jwkCount: 0 },
  ]);
  const at = { epoch: 1, revision: 1 };
  const before = { epoch: 1, revision: 0 };
  await agent.send(
    nats,
    agent.status(at, { jvms: [jvm('a', at), jvm('b', before), jvm('c', null, { state: 'UNMANAGED' })] }),
  );
  const half = await until(read, ([first]) => first?.written === 1);
  expect(half[0]).toMatchObject({ hosts: 1, written: 1, jvms: 2, live: 1, proven: false });
  await agent.send(nats, agent.status(at, { jvms: [jvm('a', at), jvm('b', at)] }));
  const all = await until(read, ([first]) => first?.live === 2);
  expect(all).toMatchObject([{ hosts: 1, written: 1, jvms: 2, live: 2, proven: true }, nobody]);
  await harness.sql.query('UPDATE agent_statuses SET diverged = true WHERE agent_id = $1', [agent.registration.agent]);
  expect((await read())[0]).toMatchObject({ hosts: 1, written: 0, jvms: 2, live: 0, proven: false });
});

test.each([
  ['RSA of 2,048 bits', generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey, 'RS256', 'RSA-OAEP-256'],
  ['EC', newKey('P-384'), 'ES384', 'ECDH-ES'],
  ['Ed25519', generateKeyPairSync('ed25519').publicKey, 'EdDSA', null],
])(
  'a certificate with a key of %s says what its JWKs may be used with, before and after it is stored',
  async (what, publicKey, signature, encryption) => {
    const { pem } = makeCertificate(what, { publicKey });
    const algorithms = 'jwkAlgorithms { use algorithms }';
    const { certificate } = await createCertificate(service, {
      name: what,
      definitions: [pasted(['apimanager'], what, pem)],
    });
    const found = await service.query<Record<'parsed' | 'stored', unknown>>(
      `mutation ($pem: String!) { parsed: parseCertificates(input: { clipboard: { encoding: BASE64PEM, content: $pem } }) {
       certificates { content { ${algorithms} } } } }`,
      { pem },
    );
    const stored = await service.query(
      `query ($id: ID!) { certificate(by: { id: $id }) { definitions { content { ${algorithms} } } } }`,
      { id: certificate!.id },
    );
    const uses = [
      { use: 'SIGNATURE', algorithms: expect.arrayContaining([signature]) },
      ...(encryption === null ? [] : [{ use: 'ENCRYPTION', algorithms: expect.arrayContaining([encryption]) }]),
    ];
    expect(found).toEqual({ parsed: { certificates: [{ content: { jwkAlgorithms: uses } }] } });
    expect(stored).toEqual({ certificate: { definitions: [{ content: { jwkAlgorithms: uses } }] } });
  },
);
