import { beforeAll, expect, test } from '@jest/globals';
import { actions, certificatesOf, createPasted, deleteAll, exported, importFile } from '../support/exchange-files.js';
import { makeCertificates } from '../support/make-certificate.js';
import { createEnvironment } from '../support/mutations.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const made = makeCertificates(1);

beforeAll(async () => {
  for (const name of ['staging', 'production']) await createEnvironment(service, name);
});

test('a mapping of an environment that the file lacks is refused by its name, and nothing is imported', async () => {
  await createPasted(service, 'mapped', 'staging', made[0]!);
  const file = await exported(service, 'json');
  await deleteAll(harness, service);
  const environmentMapping = [
    { from: 'staging', to: 'production' },
    { from: 'stagnig', to: 'production' },
    { from: 'production', to: 'staging' },
  ];
  for (const dryRun of [true, false]) {
    const { userErrors, plan } = await importFile(service, file, { environmentMapping, dryRun });
    expect(userErrors).toMatchObject([
      {
        code: 'ENVIRONMENT_NOT_FOUND',
        names: ['stagnig'],
        field: ['environmentMapping', '1', 'from'],
        message: 'the file has no environment "stagnig": it has "staging"',
      },
      { names: ['production'], field: ['environmentMapping', '2', 'from'] },
    ]);
    expect(plan).toBeNull();
  }
  expect(certificatesOf(await exported(service, 'json'))).toEqual([]);
  const right = await importFile(service, file, { environmentMapping: environmentMapping.slice(0, 1) });
  expect(actions(right)).toEqual([['mapped', 'ADD']]);
});

test('a mapping to an environment that is not here is refused by its name', async () => {
  await deleteAll(harness, service);
  await createPasted(service, 'mapped', 'staging', made[0]!);
  const file = await exported(service, 'zip');
  const { userErrors } = await importFile(service, file, {
    environmentMapping: [{ from: 'staging', to: 'prodction' }],
  });
  expect(userErrors).toMatchObject([{ code: 'ENVIRONMENT_NOT_FOUND', names: ['prodction'] }]);
});
