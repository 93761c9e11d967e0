import { expect, test } from '@jest/globals';
import { until } from '../support/harness.js';
import { makeJwkStage, newKey } from '../support/jwk-stage.js';
import { makeCertificate } from '../support/make-certificate.js';
import {
  codes,
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

async function lift(fingerprint: string, confirmName: string) {
  const { payload } = await service.query<{
    payload: { lifted: { reason: string } | null; userErrors: { code: string; field: string[] }[] };
  }>(
    `mutation ($input: LiftCompromiseInput!) {
       payload: liftCompromise(input: $input) { lifted { reason } userErrors { code field } } }`,
    { input: { fingerprint, confirmName } },
  );
  return payload;
}

test('what was deleted because compromised is refused everywhere, until that is lifted by its name', async () => {
  const [stage, other] = [await makeJwkStage(service, { jwks: 0 }), await makeJwkStage(service, { jwks: 0 })];
  const { pem, fingerprint } = stage.made;
  const deletion = { id: stage.id, expectedVersion: 1, compromised: 'key found on a forum' };
  expect(codes(await deleteCertificate(service, deletion))).toEqual([]);
  const [environment] = other.environments;
  const again = { name: 'again', definitions: [pasted([environment!], 'again', pem)] };
  expect((await createCertificate(service, again)).userErrors).toMatchObject([
    { __typename: 'CertificateCompromised', code: 'CERTIFICATE_COMPROMISED', field: ['definitions', '0', 'from'] },
  ]);
  const replaced = { ...pasted([environment!], other.name, pem), id: other.definitionId };
  const update = { id: other.id, expectedVersion: 1, definitions: [replaced] };
  expect(codes(await updateCertificate(service, update))).toEqual(['CERTIFICATE_COMPROMISED']);
  const { compromisedCertificates } = await service.query<{ compromisedCertificates: { nodes: object[] } }>(
    '{ compromisedCertificates { nodes { fingerprint certificateName reason } } }',
  );
  expect(compromisedCertificates.nodes).toEqual([
    { fingerprint, certificateName: stage.name, reason: 'key found on a forum' },
  ]);
  expect(await lift(fingerprint, 'other')).toMatchObject({ lifted: null, userErrors: [{ field: ['confirmName'] }] });
  expect(codes(await createCertificate(service, again))).toEqual(['CERTIFICATE_COMPROMISED']);
  expect(await lift(fingerprint.toUpperCase(), stage.name)).toMatchObject({ lifted: {}, userErrors: [] });
  expect(codes(await createCertificate(service, again))).toEqual([]);
  expect(await lift(fingerprint, stage.name)).toMatchObject({ userErrors: [{ code: 'CERTIFICATE_NOT_FOUND' }] });
});

test('a deletion because compromised tells who else still deploys the same', async () => {
  const stage = await makeJwkStage(service, { jwks: 0 });
  await createEnvironment(service, 'elsewhere');
  await createCertificate(service, { name: 'elsewhere', definitions: [pasted(['elsewhere'], 'x', stage.made.pem)] });
  const { warnings } = await deleteCertificate(service, { id: stage.id, expectedVersion: 1, compromised: 'leaked' });
  expect(warnings).toMatchObject([{ code: 'COMPROMISED_ELSEWHERE' }]);
});

test('a certificate that comes while the same is deleted as compromised does not stay', async () => {
  for (let round = 0; round < 8; round++) {
    const stage = await makeJwkStage(service, { jwks: 0 });
    const name = `${stage.name}-again`;
    const [deleted, created] = await Promise.all([
      deleteCertificate(service, { id: stage.id, expectedVersion: 1, compromised: 'leaked' }),
      createCertificate(service, { name, definitions: [pasted(stage.environments, name, stage.made.pem)] }),
    ]);
    expect(codes(deleted)).toEqual([]);
    expect([['CERTIFICATE_COMPROMISED'], ['DUPLICATE_CERTIFICATE']]).toContainEqual(
      codes(created).filter((code) => code !== 'ALIAS_TAKEN'),
    );
  }
});

test('a definition is deleted by an update that leaves it out, and the last one only with its certificate', async () => {
  const stage = await makeJwkStage(service, { jwks: 0 });
  await createEnvironment(service, 'second');
  const kept = { id: stage.definitionId, environments: stage.environments, alias: stage.name };
  const added = pasted(['second'], 'second', makeCertificate('second', { publicKey: newKey() }).pem);
  const update = { id: stage.id, expectedVersion: 1, definitions: [kept, added] };
  expect((await updateCertificate(service, update)).certificate!.definitions).toHaveLength(2);
  const left = await updateCertificate(service, { ...update, expectedVersion: 2, definitions: [kept] });
  expect(left).toMatchObject({
    certificate: { definitions: [{ id: stage.definitionId }] },
    deployment: { environments: [{ revision: 2, environment: { name: 'second' } }] },
  });
  expect(codes(await updateCertificate(service, { ...update, expectedVersion: 3, definitions: [] }))).toEqual([
    'INVALID_INPUT',
  ]);
});

test('the impact of a certificate names its environments with their hosts, JVMs and JWKs, and who keeps trusting it', async () => {
  const stage = await makeJwkStage(service, { environments: 2, jwks: 1 });
  const [environment] = stage.environments;
  const nats = await harness.connectNats();
  const agent = await TestAgent.enroll(service, environment!, 'host');
  const alsoInBase = [stage.name];
  const jvms = [jvm('a', null), jvm('b', null, { alsoInBase }), jvm('c', null, { state: 'UNMANAGED' })];
  await agent.send(nats, agent.status(null, { jvms }));
  const impact = async () => {
    const { certificate } = await service.query<{ certificate: { impact: { jvms: number }[] } }>(
      'query ($id: ID!) { certificate(by: { id: $id }) { impact { environment { name } hosts jvms jvmsWithBase jwks { name } } } }',
      { id: stage.id },
    );
    return certificate.impact;
  };
  await until(impact, ([first]) => first?.jvms === 2);
  expect(await impact()).toEqual([
    { environment: { name: environment }, hosts: 1, jvms: 2, jvmsWithBase: 1, jwks: [{ name: stage.jwks[0]!.name }] },
    { environment: { name: stage.environments[1] }, hosts: 0, jvms: 0, jvmsWithBase: 0, jwks: [] },
  ]);
  const jwkDecision = { decision: 'DELETE_JWKS', jwkIds: stage.jwks.map(({ id }) => id) };
  const deletion = { id: stage.id, expectedVersion: 1, jwkDecision, confirmName: stage.name };
  const { warnings } = await deleteCertificate(service, deletion);
  expect(warnings).toMatchObject([{ code: 'ALSO_IN_BASE' }]);
});
