import { randomUUID } from 'node:crypto';
import type { ApolloServerPlugin } from '@apollo/server';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import { type FastifyInstance, fastify } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { type AgentRoutesOptions, agentRoutes } from '../agents/agent-routes.js';
import { makeApollo } from '../graphql/apollo.js';
import { type Context, type Services, makeContext } from '../graphql/context.js';
import type { Authenticate } from '../identity/authenticate.js';
import { downloadRoutes } from './download-routes.js';
import type { Drain } from './drain.js';
import { graphqlUploads } from './graphql-uploads.js';
import { type Readiness, healthRoutes } from './health-routes.js';
import { jwksRoute } from './jwks-route.js';
import type { Metrics } from './metrics.js';
import { sendProblem } from './problem.js';
import { uploadRoutes } from './upload-routes.js';

export interface ServerOptions {
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly authenticate: Authenticate;
  readonly agents: AgentRoutesOptions;
  readonly readiness: Readiness;
  readonly drain: Drain;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Base64 of the largest file that is parsed; what is larger comes as multipart. */
const BODY_LIMIT = 48 * 1024 * 1024;

export async function makeServer(options: ServerOptions): Promise<FastifyInstance> {
  const { schema, services, authenticate, log, metrics } = options;
  const server = fastify({ bodyLimit: BODY_LIMIT, forceCloseConnections: 'idle', genReqId: () => randomUUID() });
  server.setErrorHandler<Error & { statusCode?: number; retryable?: boolean }>(async (error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return sendProblem(reply, status, 'REQUEST_REFUSED', 'the request cannot be read');
    log.error({ err: error, path: request.routeOptions.url, requestId: request.id }, 'a request failed');
    return error.retryable
      ? sendProblem(reply.header('retry-after', '1'), 503, 'UNAVAILABLE', 'not available at the moment: try again')
      : sendProblem(reply, 500, 'INTERNAL_SERVER_ERROR', 'internal error');
  });
  options.drain.watch(server);
  server.addHook('onSend', (request, reply, payload: unknown, done) => {
    reply.header('x-request-id', request.id);
    // Headers and a long string would be joined and encoded once more: a tenth of what a list costs.
    done(null, typeof payload === 'string' ? Buffer.from(payload) : payload);
  });
  server.setNotFoundHandler((_request, reply) => sendProblem(reply, 404, 'NOT_FOUND', 'there is nothing here'));
  healthRoutes(server, options.readiness, metrics.registry);
  agentRoutes(server, options.agents);
  jwksRoute(server, services.database);

  const apollo = makeApollo(schema, log, [fastifyApolloDrainPlugin<Context>(server), measure(metrics)]);
  await apollo.start();
  const actors = new WeakMap<object, string>();
  await server.register(async (scope) => {
    scope.addHook('onRequest', async (request, reply) => {
      const actor = await authenticate(request.headers.authorization);
      if (actor !== null) actors.set(request, actor);
      else
        await sendProblem(
          reply.header('www-authenticate', 'Bearer'),
          401,
          'UNAUTHENTICATED',
          'a valid token is needed: Authorization: Bearer <token>',
        );
    });
    await scope.register((uploads) => uploadRoutes(uploads, services.intake));
    downloadRoutes(scope, services.database);
    await scope.register(async (operations) => {
      await graphqlUploads(operations);
      await operations.register(fastifyApollo(apollo), {
        method: ['POST'],
        context: (request) => {
          const actor = actors.get(request) ?? '';
          return Promise.resolve(makeContext(services, { actor, address: request.ip, requestId: request.id }));
        },
      });
    });
  });
  return server;
}

function measure({ requests }: Metrics): ApolloServerPlugin<Context> {
  return {
    requestDidStart: () => {
      const stop = requests.startTimer();
      return Promise.resolve({
        willSendResponse: ({ operation, errors }) => {
          stop({ operation: operation?.operation ?? 'none', outcome: errors ? 'errors' : 'ok' });
          return Promise.resolve();
        },
      });
    },
  };
}
