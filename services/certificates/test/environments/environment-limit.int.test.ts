import { expect, test } from '@jest/globals';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const CREATE = `mutation { createEnvironment(input: { name: "one-more", kind: GATEWAY }) {
  environment { name } userErrors { code message field } } }`;

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
