import { describe, expect, test } from '@jest/globals';
import type { ExportedCertificate, ExportedJwk } from '../../src/features/exchange/rules/export-document.js';
import {
  actions,
  createPasted,
  deleteAll,
  documentOf,
  exported,
  importFile,
  oneIn,
} from '../support/exchange-files.js';
import { createJwk } from '../support/jwk-mutations.js';
import { makeJwk, makeJwkStage, readJwk } from '../support/jwk-stage.js';
import { makeCertificates } from '../support/make-certificate.js';
import { createEnvironment } from '../support/mutations.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const made = makeCertificates(6);

function withJwk(certificate: ExportedCertificate, jwk: Partial<ExportedJwk>): ExportedCertificate {
  const [environment = ''] = certificate.definitions[0]!.environments;
  return { ...certificate, jwks: [{ environment, name: 'signer', use: 'SIGNATURE', algorithm: 'ES256', ...jwk }] };
}

describe('an import', () => {
  test('brings the JWKs of its certificates, published as they were, which follow them again', async () => {
    await deleteAll(harness, service);
    const { id, name, environments, jwks } = await makeJwkStage(service, { environments: 2 });
    const [from, kept] = environments as [string, string];
    await createEnvironment(service, 'jwks-here');
    const published = async (environment: string) =>
      (await fetch(`${service.url}/environments/${environment}/jwks.json`)).text();
    const [moves, stays] = [await published(from), await published(kept)];
    const zip = await exported(service, 'zip', `&certificate=${id}`);
    await deleteAll(harness, service);
    const environmentMapping = [{ from, to: 'jwks-here' }];
    const expected = jwks.map((jwk, index) => ({
      environment: index === 0 ? 'jwks-here' : kept,
      name: jwk.name,
      algorithm: 'ES256',
    }));
    const preview = await importFile(service, zip, { environmentMapping, dryRun: true });
    expect(preview.items).toMatchObject([{ name, action: 'ADD', jwks: expected }]);
    expect(await published('jwks-here')).toBe('{"keys":[]}');
    const done = await importFile(service, zip, { environmentMapping, expectedPlan: preview.plan });
    expect(done).toMatchObject({ items: [{ jwks: expected }], userErrors: [] });
    expect([await published('jwks-here'), await published(kept)]).toEqual([moves, stays]);
    const certificateId = done.items[0]!.certificate!.id;
    const { rows } = await harness.sql.query<object>(
      `SELECT after -> 'link' ->> 'certificateId' AS linked, environments FROM audit
       WHERE action = 'createJwk' AND details ->> 'by' = 'importCertificates' AND certificate_id = $1
       ORDER BY environments`,
      [certificateId],
    );
    expect(rows).toEqual(['jwks-here', kept].map((each) => ({ linked: certificateId, environments: [each] })));
    expect((await importFile(service, zip, { environmentMapping })).items).toMatchObject([
      { action: 'UNCHANGED', jwks: [] },
    ]);
  });

  test('adds a JWK that is missing, and changes or takes away none', async () => {
    await deleteAll(harness, service);
    const { id, environments, jwks } = await makeJwkStage(service);
    const json = await exported(service, 'json', `&certificate=${id}`);
    await harness.sql.query('DELETE FROM jwks');
    expect((await importFile(service, json)).userErrors).toMatchObject([
      { code: 'NAME_TAKEN', field: ['items', '0', 'name'], node: { __typename: 'Certificate', id } },
    ]);
    expect((await importFile(service, json, { onConflict: 'REPLACE' })).items).toMatchObject([
      { action: 'REPLACE', jwks: [{ environment: environments[0], name: jwks[0]!.name }] },
    ]);
    await harness.sql.query(`UPDATE jwks SET name = 'renamed' WHERE certificate_id = $1`, [id]);
    const refused = await importFile(service, json, { onConflict: 'REPLACE' });
    expect(refused.userErrors).toMatchObject([{ code: 'KEY_TAKEN', field: ['items', '0', 'jwks'] }]);
    expect((await importFile(service, json, { onConflict: 'SKIP' })).items).toMatchObject([
      { action: 'SKIP', jwks: [] },
    ]);
  });

  test('tells a JWK whose name is taken, here or in the import, and leaves it out with SKIP', async () => {
    await deleteAll(harness, service);
    const { environments, jwks } = await makeJwkStage(service);
    const [environment] = environments as [string];
    const file = documentOf(
      [
        withJwk(oneIn(environment, 'takes', made[0]!), { name: jwks[0]!.name }),
        withJwk(oneIn(environment, 'twin', made[1]!), { name: 'twin' }),
        withJwk(oneIn(environment, 'twin-too', made[2]!), { name: 'twin' }),
      ],
      made,
    );
    const { userErrors } = await importFile(service, file);
    expect(userErrors).toMatchObject([
      { code: 'NAME_TAKEN', field: ['items', '0', 'jwks'], node: { __typename: 'Jwk', id: jwks[0]!.id } },
      { code: 'NAME_TAKEN', field: ['items', '2', 'jwks'], node: null },
    ]);
    const skipped = await importFile(service, file, { onConflict: 'SKIP' });
    expect(actions(skipped).map(([, action]) => action)).toEqual(['SKIP', 'ADD', 'SKIP']);
  });

  test.each([
    ['an algorithm that its key does not allow', { algorithm: 'RS256' }, 'ALGORITHM_NOT_ALLOWED', 'algorithm'],
    ['an environment that its certificate is not in', { environment: 'atomic' }, 'INVALID_INPUT', 'environment'],
    ['a name that is none', { name: ' ' }, 'INVALID_INPUT', 'name'],
  ])('refuses a JWK with %s', async (_what, wrong, code, field) => {
    await deleteAll(harness, service);
    const file = documentOf([withJwk(oneIn('apimanager', 'wrong', made[0]!), { name: 'wrong', ...wrong })], made);
    const { userErrors } = await importFile(service, file);
    expect(userErrors).toMatchObject([{ code, field: ['items', '0', 'jwks', '0', field] }]);
  });

  test('takes a file from before there were JWKs in it, and leaves those that are there', async () => {
    await deleteAll(harness, service);
    const { name, description, definitions } = oneIn('apimanager', 'from before', made[3]!);
    const old = documentOf([{ name, description, definitions }], made).replace(
      'trustcast-export/2',
      'trustcast-export/1',
    );
    const { items } = await importFile(service, old);
    const { id } = await makeJwk(service, items[0]!.certificate!.id, 'apimanager');
    expect((await importFile(service, old)).items).toMatchObject([{ name, action: 'UNCHANGED' }]);
    expect(await readJwk(service, id)).toMatchObject({ version: 1, link: { certificate: { name } } });
  });

  test('does not replace what JWKs are linked to: that needs a decision about them', async () => {
    await deleteAll(harness, service);
    const { id } = await createPasted(service, 'linked', 'apimanager', made[4]!);
    const { userErrors } = await createJwk(service, {
      certificateId: id,
      environment: 'apimanager',
      name: 'linked',
      use: 'SIGNATURE',
      algorithm: 'ES256',
    });
    expect(userErrors).toEqual([]);
    const kept = documentOf([{ ...oneIn('apimanager', 'linked', made[4]!), description: 'described' }], made);
    expect((await importFile(service, kept, { onConflict: 'REPLACE' })).counts.replaced).toBe(1);
    const other = documentOf([oneIn('apimanager', 'linked', made[5]!)], made);
    const refused = await importFile(service, other, { onConflict: 'REPLACE' });
    expect(refused.userErrors).toMatchObject([{ message: expect.stringMatching('JWKs are linked') }]);
    await harness.sql.query('DELETE FROM jwks');
  });
});
