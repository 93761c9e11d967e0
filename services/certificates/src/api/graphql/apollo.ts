import { ApolloServer, type ApolloServerOptions, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { Log } from '@trustcast/config';
import { GraphQLError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import type { Context } from './context.js';
import { ownExecution } from './execution/apollo-execution.js';
import { documentStore } from './execution/document-store.js';
import { errorFormatter } from './errors/format-error.js';
import type { HeavyReads } from './limits/heavy-reads.js';
import { OPERATION_LIMITS, enforceLimits } from './limits/limits.js';

export function makeApollo(
  schema: GraphQLSchema,
  log: Log,
  heavyReads: HeavyReads,
  introspection = true,
  plugins: ApolloServerPlugin<Context>[] = [],
): ApolloServer<Context> {
  const { gateway, plugin } = ownExecution(schema);
  return new ApolloServer<Context>({
    ...apolloOptions(schema, log, heavyReads, introspection, [...plugins, plugin]),
    gateway,
    documentStore: documentStore(),
  });
}

/** Options of Apollo Server, without the execution of operations and its caches. */
export function apolloOptions(
  schema: GraphQLSchema,
  log: Log,
  heavyReads: HeavyReads,
  introspection = true,
  plugins: ApolloServerPlugin<Context>[] = [],
) {
  const limits: ApolloServerPlugin<Context> = {
    requestDidStart: () => {
      let end = (): void => undefined;
      return Promise.resolve({
        didResolveOperation: async ({ document, operation, request, contextValue }) => {
          if (operation?.operation === OperationTypeNode.SUBSCRIPTION)
            throw new GraphQLError('subscriptions are served over WebSocket, with the protocol graphql-transport-ws', {
              extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
            });
          if (!operation) return;
          const { listSizes, actor } = contextValue;
          const cost = enforceLimits(schema, document, operation, request.variables ?? {}, await listSizes());
          end = await heavyReads.begin(operation.operation, cost, actor);
        },
        willSendResponse: () => {
          // The answer is made into text first, which takes as long as a piece of the reading.
          setImmediate(end);
          return Promise.resolve();
        },
      });
    },
  };
  return {
    plugins: [ApolloServerPluginCacheControlDisabled(), ApolloServerPluginLandingPageDisabled(), limits, ...plugins],
    introspection,
    includeStacktraceInErrorResponses: false,
    // No browser sends the token by itself, nor with a request that it does not ask about first.
    csrfPrevention: { requestHeaders: ['authorization'] },
    persistedQueries: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxLexicalTokens: OPERATION_LIMITS.tokens },
    formatError: errorFormatter(schema, log),
  } satisfies Partial<ApolloServerOptions<Context>>;
}
