import { expect, test } from '@jest/globals';
import { type DocumentNode, type OperationDefinitionNode, parse } from 'graphql';
import { type Services, makeContext } from '../../src/api/graphql/context.js';
import { queryExecutor } from '../../src/api/graphql/execution/query-executor.js';
import { makeSchema } from '../../src/api/graphql/schema.js';
import { openDatabase } from '../../src/platform/postgres/database.js';
import type { Sql } from '../../src/platform/postgres/statement.js';
import { TEST_CALLER } from '../support/test-caller.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
useService(harness);
const run = queryExecutor(makeSchema());

test('a statement that failed is not sent again for the errors of its query', async () => {
  const database = await openDatabase(harness.databaseUrl);
  harness.onStop(() => database.close());
  const sent: string[] = [];
  const reads: Sql = {
    query: (statement, values) => {
      sent.push(statement.name);
      return database.query(statement, values);
    },
  };
  await harness.sql.query('ALTER TABLE jwks RENAME TO jwks_elsewhere');
  const document: DocumentNode = parse('{ jwks(first: 5) { nodes { name } } environments { name } }');
  const answer = await run({
    document,
    operation: document.definitions[0] as OperationDefinitionNode,
    variables: {},
    context: makeContext({ reads } as unknown as Services, TEST_CALLER, { address: null, requestId: null }),
  });
  await harness.sql.query('ALTER TABLE jwks_elsewhere RENAME TO jwks');
  expect(answer.errors).toMatchObject([{ path: ['jwks'] }]);
  const times = (label: RegExp) => sent.filter((name) => label.test(name)).length;
  expect({ sent, failed: times(/jwk/) }).toEqual({ sent, failed: 1 });
}, 60_000);
