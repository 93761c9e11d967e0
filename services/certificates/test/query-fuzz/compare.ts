import { ApolloServer } from '@apollo/server';
import { createLog } from '@trustcast/config';
import { type GraphQLSchema } from 'graphql';
import { HeavyReads } from '../../src/api/graphql/limits/heavy-reads.js';
import { apolloOptions, makeApollo } from '../../src/api/graphql/apollo.js';
import type { Context } from '../../src/api/graphql/context.js';
import { EMPTY_CONTEXT } from './mock-schema.js';
import type { RandomQuery } from './random-query.js';

/** An answer as text, keys in their order, with its HTTP status; the id of an error is another one each time. */
export type Ask = (query: RandomQuery, context?: Context) => Promise<string>;

/** Asks the service's server, and one that has graphql-js and no memory. */
export async function twoServers(schema: GraphQLSchema): Promise<{ ours: Ask; reference: Ask; stop(): Promise<void> }> {
  const log = createLog('silent');
  const servers = [
    makeApollo(schema, log, new HeavyReads()),
    new ApolloServer<Context>({ ...apolloOptions(schema, log, new HeavyReads()), schema, documentStore: null }),
  ];
  for (const server of servers) await server.start();
  const [ours, reference] = servers.map(asker) as [Ask, Ask];
  return {
    ours,
    reference,
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

function asker(server: ApolloServer<Context>): Ask {
  return async (request, contextValue = EMPTY_CONTEXT) => {
    const { body, http } = await server.executeOperation(request, { contextValue });
    if (body.kind !== 'single') throw new Error('an answer in parts');
    const text = JSON.stringify([http.status ?? 200, body.singleResult]);
    return text.replaceAll(/"id":"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"\}/g, '"id":"…"}');
  };
}

export interface Difference {
  readonly seed: string;
  readonly query: RandomQuery;
  readonly run: number;
  readonly expected: string;
  readonly actual: string;
}

export interface Comparison {
  readonly differences: Difference[];
  /** How many answers had data alone, errors alone, or both. */
  readonly kinds: Record<'data' | 'errors' | 'both', number>;
}

/** Asks each query once of the reference and `runs` times of the service. */
export async function compare(
  { ours, reference }: { ours: Ask; reference: Ask },
  queries: Iterable<{ seed: string; query: RandomQuery }>,
  { runs = 3, context = () => EMPTY_CONTEXT } = {},
): Promise<Comparison> {
  const comparison: Comparison = { differences: [], kinds: { data: 0, errors: 0, both: 0 } };
  for (const { seed, query } of queries) {
    const expected = await reference(query, context());
    const answer = (JSON.parse(expected) as [number, { data?: unknown; errors?: unknown }])[1];
    comparison.kinds[answer.data == null ? 'errors' : answer.errors ? 'both' : 'data']++;
    for (let run = 1; run <= runs; run++) {
      const actual = await ours(query, context());
      if (actual !== expected) comparison.differences.push({ seed, query, run, expected, actual });
    }
  }
  return comparison;
}
