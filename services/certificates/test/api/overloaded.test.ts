import { expect, test } from '@jest/globals';
import { createLog } from '@trustcast/config';
import { OperationTypeNode } from 'graphql';
import { makeApollo } from '../../src/api/graphql/apollo.js';
import { HeavyReads } from '../../src/api/graphql/limits/heavy-reads.js';
import { makeSchema } from '../../src/api/graphql/schema.js';
import { EMPTY_CONTEXT } from '../query-fuzz/mock-schema.js';

test('a query for which there is no room is answered with OVERLOADED, 503 and when to try again', async () => {
  const heavyReads = new HeavyReads({ light: 0, running: 1, waiting: 0, waitMs: 1 });
  const apollo = makeApollo(makeSchema(), createLog('silent'), heavyReads);
  await apollo.start();
  const end = await heavyReads.begin(OperationTypeNode.QUERY, 1, 'somebody else');
  const { http, body } = await apollo.executeOperation(
    { query: '{ environments { name } }' },
    { contextValue: EMPTY_CONTEXT },
  );
  end();
  await apollo.stop();
  expect([http.status, http.headers.get('retry-after'), body]).toMatchObject([
    503,
    expect.stringMatching(/^\d+$/),
    {
      singleResult: {
        errors: [{ message: expect.stringMatching(/try again in \d+ s/), extensions: { code: 'OVERLOADED' } }],
      },
    },
  ]);
});
