import { expect, test } from '@jest/globals';
import { documentOf, importFile, oneIn } from '../support/exchange-files.js';
import { makeJwkStage, newKey } from '../support/jwk-stage.js';
import { makeCertificate, makeCertificates } from '../support/make-certificate.js';
import { createCertificate, deleteCertificate, pasted, updateCertificate } from '../support/mutations.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const fresh = () => makeCertificate('fresh', { publicKey: newKey() }).pem;

test('environments that do not exist are named one by one, where they are', async () => {
  const stage = await makeJwkStage(service, { jwks: 0 });
  const [environment] = stage.environments;
  const definitions = [pasted([environment!, 'typo'], 'a', fresh()), pasted(['gone', 'apimanager'], 'b', fresh())];
  const expected = (...at: readonly string[]) => [
    { code: 'ENVIRONMENT_NOT_FOUND', names: ['typo'], field: [...at, 'definitions', '0', 'environments', '1'] },
    { code: 'ENVIRONMENT_NOT_FOUND', names: ['gone'], field: [...at, 'definitions', '1', 'environments', '0'] },
  ];
  expect((await createCertificate(service, { name: 'places', definitions })).userErrors).toMatchObject(expected());
  const update = { id: stage.id, expectedVersion: 1, definitions };
  expect((await updateCertificate(service, update)).userErrors).toMatchObject(expected());
  const other = await makeJwkStage(service, { jwks: 0 });
  const kept = { id: other.definitionId, alias: other.name, environments: other.environments };
  const updates = [{ id: other.id, expectedVersion: 1, definitions: [kept] }, update];
  const { payload } = await service.query<{ payload: { userErrors: object[] } }>(
    `mutation ($input: ChangeCertificatesInput!) { payload: changeCertificates(input: $input) {
       userErrors { code field ... on EnvironmentNotFound { names } } } }`,
    { input: { updates } },
  );
  expect(payload.userErrors).toEqual(expected('updates', '1'));
});

test('a compromised certificate is refused at the definition that brings it', async () => {
  const stage = await makeJwkStage(service, { jwks: 0 });
  const { pem } = stage.made;
  await deleteCertificate(service, { id: stage.id, expectedVersion: 1, compromised: 'leaked' });
  const [environment] = stage.environments;
  const definitions = [pasted(['apimanager'], 'good', fresh()), pasted([environment!], 'bad', pem)];
  expect((await createCertificate(service, { name: 'compromised', definitions })).userErrors).toMatchObject([
    { code: 'CERTIFICATE_COMPROMISED', field: ['definitions', '1', 'from'] },
  ]);
});

test('an environment in two definitions is refused at the second place', async () => {
  const definitions = [pasted(['apimanager'], 'a', fresh()), pasted(['x', 'apimanager'], 'b', fresh())];
  const { userErrors } = await createCertificate(service, { name: 'twice', definitions });
  expect(userErrors.map(({ field }) => field).sort()).toEqual([['definitions', '1', 'environments', '1']]);
});

test('an import names the mapping that leads nowhere, and shows each item before and after', async () => {
  const made = makeCertificates(3);
  const stage = await makeJwkStage(service, { jwks: 0 });
  const [environment] = stage.environments;
  const file = documentOf([oneIn('elsewhere', stage.name, made[0]!), oneIn('elsewhere', 'new-one', made[1]!)], made);
  const mapped = (to: string) => ({ environmentMapping: [{ from: 'elsewhere', to }], dryRun: true });
  expect((await importFile(service, file, mapped('typo'))).userErrors).toMatchObject([
    { code: 'ENVIRONMENT_NOT_FOUND', names: ['typo'], field: ['environmentMapping', '0', 'to'] },
  ]);
  expect((await importFile(service, file, { dryRun: true })).userErrors).toMatchObject([
    { code: 'ENVIRONMENT_NOT_FOUND', names: ['elsewhere'], field: ['content'] },
  ]);
  const lines = 'alias fingerprint environments { name }';
  const { payload } = await service.query<{ payload: { items: object[] } }>(
    `mutation ($input: ImportCertificatesInput!) { payload: importCertificates(input: $input) {
       items { name action certificate { id } submitted { ${lines} } before { ${lines} } after { ${lines} } } } }`,
    { input: { content: file, onConflict: 'REPLACE', ...mapped(environment!) } },
  );
  const line = (alias: string, fingerprint: string) => [{ alias, fingerprint, environments: [{ name: environment }] }];
  const [next, added] = [line(stage.name, made[0]!.fingerprint), line('new-one', made[1]!.fingerprint)];
  const before = line(stage.name, stage.made.fingerprint);
  expect(payload.items).toEqual([
    { name: stage.name, action: 'REPLACE', certificate: { id: stage.id }, submitted: next, before, after: next },
    { name: 'new-one', action: 'ADD', certificate: null, submitted: added, before: null, after: added },
  ]);
  const skipped = await service.query<{ payload: { items: { after: object }[] } }>(
    `mutation ($input: ImportCertificatesInput!) { payload: importCertificates(input: $input) { items { after { ${lines} } } } }`,
    { input: { content: file, onConflict: 'SKIP', ...mapped(environment!) } },
  );
  expect(skipped.payload.items[0]).toEqual({ after: before });
});

test('a text that is no fingerprint is refused at its place, wherever a fingerprint is given', async () => {
  const wrong = { code: 'INVALID_INPUT', message: expect.stringMatching(/^must be the SHA-256 of a certificate/) };
  const { lifted, advanced, rolledBack } = await service.query<Record<string, { userErrors: object[] }>>(
    `mutation {
       lifted: liftCompromise(input: { fingerprint: "12:ab", confirmName: "x" }) { userErrors { code message field } }
       advanced: advanceEpoch(input: { environment: "apimanager", expectedEpoch: 1, reason: "r", retrust: ["", "g"] }) {
         userErrors { code message field } }
       rolledBack: rollbackEnvironment(
         input: { environment: "apimanager", revision: 0, expectedRevision: 0, retrust: ["12ab"] }
       ) { userErrors { code message field } } }`,
  );
  expect(lifted!.userErrors).toEqual([{ ...wrong, field: ['fingerprint'] }]);
  expect(advanced!.userErrors).toEqual(['0', '1'].map((index) => ({ ...wrong, field: ['retrust', index] })));
  expect(rolledBack!.userErrors).toEqual([{ ...wrong, field: ['retrust', '0'] }]);
  const listed = service.query('{ certificates(filter: { fingerprint: "12ab" }) { totalCount } }');
  await expect(listed).rejects.toThrow('fingerprint must be the SHA-256 of a certificate');
  const definitions = [pasted(['apimanager'], 'a', fresh())];
  const { from } = definitions[0] as unknown as { from: { clipboard: object } };
  Object.assign(from.clipboard, { fingerprint: '12ab' });
  expect((await createCertificate(service, { name: 'chosen', definitions })).userErrors).toMatchObject([
    { code: 'INVALID_INPUT', field: ['definitions', '0', 'from', 'clipboard', 'fingerprint'] },
  ]);
});
