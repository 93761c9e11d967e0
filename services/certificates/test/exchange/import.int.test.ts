import { describe, expect, test } from '@jest/globals';
import {
  actions,
  certificatesOf,
  createPasted,
  deleteAll,
  documentOf,
  exported,
  importFile,
  oneIn,
} from '../support/exchange-files.js';
import { makeCertificate, makeCertificates } from '../support/make-certificate.js';
import { createEnvironment, updateCertificate } from '../support/mutations.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const made = makeCertificates(5);

describe('an import', () => {
  test('previews what it would do to each, and does exactly that, in one revision', async () => {
    await deleteAll(harness, service);
    await createEnvironment(service, 'previewed');
    const [a, b] = [makeCertificate('a'), makeCertificate('b')];
    await createPasted(service, 'same', 'previewed', a);
    const { id } = await createPasted(service, 'differs', 'previewed', b);
    const document = await exported(service, 'json', '&environment=previewed');
    await updateCertificate(service, { id, expectedVersion: 1, description: 'changed since' });
    const certificates = certificatesOf(document);
    const file = documentOf([...certificates, oneIn('previewed', 'new', made[3]!)], [a, b, ...made]);

    const preview = await importFile(service, file, { dryRun: true, onConflict: 'REPLACE' });
    expect(actions(preview)).toEqual([
      ['differs', 'REPLACE'],
      ['same', 'UNCHANGED'],
      ['new', 'ADD'],
    ]);
    expect(preview.deployment).toBeNull();
    expect(actions(await importFile(service, file, { dryRun: true, onConflict: 'SKIP' }))[0]).toEqual([
      'differs',
      'SKIP',
    ]);
    const refused = await importFile(service, file);
    expect(refused.userErrors).toMatchObject([{ code: 'NAME_TAKEN', field: ['items', '0', 'name'] }]);

    const done = await importFile(service, file, { onConflict: 'REPLACE', expectedPlan: preview.plan });
    expect(done.counts).toEqual({ added: 1, replaced: 1, unchanged: 1, skipped: 0, refused: 0 });
    expect(done.deployment).toMatchObject({ environments: [{ revision: 3 }] });
    expect((await importFile(service, file)).counts).toMatchObject({ unchanged: 3 });
    const { rows } = await harness.sql.query<object>(
      `SELECT action, coalesce(after ->> 'name', '') AS name, environments FROM audit
       WHERE details ->> 'by' = 'importCertificates' AND environments = '{previewed}' ORDER BY id`,
    );
    expect(rows).toEqual([
      { action: 'updateCertificate', name: 'differs', environments: ['previewed'] },
      { action: 'createCertificate', name: 'new', environments: ['previewed'] },
    ]);
  });

  test('replaces at once: what one certificate frees, another may take', async () => {
    await deleteAll(harness, service);
    await createEnvironment(service, 'swapped');
    await createPasted(service, 'left', 'swapped', made[0]!, 'one');
    await createPasted(service, 'right', 'swapped', made[1]!, 'two');
    const file = documentOf(
      [oneIn('swapped', 'left', made[1]!, 'TWO'), oneIn('swapped', 'right', made[0]!, 'one')],
      made,
    );
    expect((await importFile(service, file, { onConflict: 'REPLACE' })).counts).toMatchObject({ replaced: 2 });
    const { rows } = await harness.sql.query<object>(
      `SELECT c.name, p.alias, p.fingerprint FROM definition_environments p JOIN certificates c
       ON c.id = p.certificate_id JOIN environments e ON e.id = p.environment_id WHERE e.name = 'swapped' ORDER BY 1`,
    );
    expect(rows).toEqual([
      { name: 'left', alias: 'TWO', fingerprint: made[1]!.fingerprint },
      { name: 'right', alias: 'one', fingerprint: made[0]!.fingerprint },
    ]);
    const { rows: counted } = await harness.sql.query(`SELECT entries FROM environments WHERE name = 'swapped'`);
    expect(counted).toEqual([{ entries: 2 }]);
  });

  test('is all or nothing, and says of each what stands in its way', async () => {
    await deleteAll(harness, service);
    await createEnvironment(service, 'atomic');
    await createPasted(service, 'there', 'atomic', made[0]!, 'taken');
    const file = documentOf(
      [
        oneIn('atomic', 'good', made[1]!),
        oneIn('atomic', 'by-alias', made[2]!, 'TAKEN'),
        oneIn('atomic', 'by-certificate', made[0]!),
        oneIn('atomic', 'inside', made[1]!),
      ],
      made,
    );
    const { userErrors } = await importFile(service, file);
    expect(userErrors.map(({ code, field }) => [code, field])).toEqual([
      ['ALIAS_TAKEN', ['items', '1', 'definitions', '0', 'alias']],
      ['DUPLICATE_CERTIFICATE', ['items', '2', 'definitions', '0', 'from']],
      ['DUPLICATE_CERTIFICATE', ['items', '3', 'definitions', '0', 'from']],
    ]);
    const skipped = await importFile(service, file, { onConflict: 'SKIP' });
    expect(actions(skipped).map(([, action]) => action)).toEqual(['ADD', 'SKIP', 'SKIP', 'SKIP']);
  });

  test('maps environments, keeps the names of others, and refuses unknown ones by name', async () => {
    await deleteAll(harness, service);
    await createEnvironment(service, 'here');
    const file = documentOf([oneIn('there', 'moves', made[0]!), oneIn('apimanager', 'stays', made[1]!)], made);
    const { userErrors } = await importFile(service, file, { dryRun: true });
    expect(userErrors).toMatchObject([{ __typename: 'EnvironmentNotFound', names: ['there'] }]);
    const mapped = await importFile(service, file, { environmentMapping: [{ from: 'there', to: 'here' }] });
    expect(mapped.counts.added).toBe(2);
    expect(
      certificatesOf(await exported(service, 'json')).map(({ name, definitions }) => [
        name,
        definitions[0]!.environments,
      ]),
    ).toEqual([
      ['moves', ['here']],
      ['stays', ['apimanager']],
    ]);
  });

  test('is answered once for one idempotency key', async () => {
    await deleteAll(harness, service);
    const file = documentOf([oneIn('apimanager', 'once', made[4]!)], made);
    const first = await importFile(service, file, { idempotencyKey: 'import-once' });
    const again = await importFile(service, file, { idempotencyKey: 'import-once' });
    expect(again.plan).toBe(first.plan);
    expect(actions(again)).toEqual([['once', 'ADD']]);
  });
});
