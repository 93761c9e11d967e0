import { expect, test } from '@jest/globals';
import { makeSchema } from '../../src/api/graphql/schema.js';
import { ACCESS } from '../../src/features/records/access-table.js';
import { rootFields } from './minimal-operation.js';

test('every field of the root types is in the table of access, and nothing else is', () => {
  const fields = rootFields(makeSchema()).map(([name]) => name);
  expect(Object.keys(ACCESS).sort()).toEqual(fields.sort());
});
