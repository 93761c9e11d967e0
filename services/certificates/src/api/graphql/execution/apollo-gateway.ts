import type { ApolloServerOptions } from '@apollo/server';
import { type GraphQLSchema, execute } from 'graphql';
import type { Context } from '../context.js';
import { queryExecutor } from './query-executor.js';

type Gateway = NonNullable<ApolloServerOptions<Context>['gateway']>;

/** Apollo's hook for gateways is the one way to bring an executor of one's own. */
export function executingGateway(schema: GraphQLSchema): Gateway {
  const run = queryExecutor(schema);
  return {
    load: () =>
      Promise.resolve({
        executor: async ({ document, operation, request: { variables = {}, operationName }, context }) =>
          // Apollo hands over what it did not find: graphql-js says why it is not there.
          (operation as typeof operation | undefined)
            ? run({ document, operation, variables, context })
            : execute({ schema, document, operationName }),
      }),
    onSchemaLoadOrUpdate: (told) => {
      told({ apiSchema: schema, coreSupergraphSdl: '' });
      return () => undefined;
    },
    stop: () => Promise.resolve(),
  };
}
