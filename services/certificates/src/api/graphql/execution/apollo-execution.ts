import { type ApolloServerOptions, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { type ExecutionResult, type GraphQLSchema, execute } from 'graphql';
import type { Context } from '../context.js';
import { queryExecutor } from './query-executor.js';

type Gateway = NonNullable<ApolloServerOptions<Context>['gateway']>;

/** Apollo reads it, and adds what it says to its own. */
const PLAIN = { headers: new HeaderMap() };

/**
 * Brings an executor of one's own to Apollo. Its hook for gateways is the one that treats errors as Apollo does, but each
 * call makes an object with accessors, for which V8 makes types that live until the next full collection and keep the
 * whole request. So a plugin hands over answers without errors, and the gateway the others.
 */
export function ownExecution(schema: GraphQLSchema): { gateway: Gateway; plugin: ApolloServerPlugin<Context> } {
  const run = queryExecutor(schema);
  /** Of requests that have run and had errors. */
  const outcomes = new WeakMap<Context, Promise<ExecutionResult>>();
  return {
    plugin: {
      requestDidStart: () =>
        Promise.resolve({
          responseForOperation: async ({ document, operation, request: { variables = {} }, contextValue }) => {
            // Apollo hands over what it did not find: graphql-js says why it is not there.
            if (!(operation as typeof operation | undefined)) return null;
            const outcome = run({ document, operation, variables, context: contextValue });
            const { data, errors } = (await outcome.catch(() => undefined)) ?? {};
            if (data && !errors) return { http: PLAIN, body: { kind: 'single', singleResult: { data } } };
            outcomes.set(contextValue, outcome);
            return null;
          },
        }),
    },
    gateway: {
      load: () =>
        Promise.resolve({
          executor: async ({ document, request: { operationName }, context }) =>
            (await outcomes.get(context as Context)) ?? execute({ schema, document, operationName }),
        }),
      onSchemaLoadOrUpdate: (told) => {
        told({ apiSchema: schema, coreSupergraphSdl: '' });
        return () => undefined;
      },
      stop: () => Promise.resolve(),
    },
  };
}
