import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:tls';
import type { ApolloServerPlugin } from '@apollo/server';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import type { Log } from '@trustcast/config';
import { type FastifyHttpOptions, type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import { type GraphQLSchema, OperationTypeNode } from 'graphql';
import { type AgentRoutesOptions, agentRoutes } from './agents/agent-routes.js';
import { baseRoute } from './agents/base-route.js';
import { enrollRoute } from './agents/enroll-route.js';
import { renewKeyRoute } from './agents/renew-key-route.js';
import { heldSetRoute } from './agents/held-set-route.js';
import { signedScope } from './agents/signed-scope.js';
import { makeApollo } from '../graphql/apollo.js';
import { type Context, type Services, makeContext } from '../graphql/context.js';
import type { HeavyReads } from '../graphql/limits/heavy-reads.js';
import type { AccessTrail } from '../../features/audit/access-trail.js';
import type { Database } from '../../platform/postgres/database.js';
import type { Sql } from '../../platform/postgres/statement.js';
import { type Caller, type Scope, personOf } from '../../features/records/grants.js';
import { permissions } from './limits/permissions.js';
import { scopedForExport } from '../scoped.js';
import type { Authenticate } from '../../features/identity/authenticate.js';
import type { IssuerSettings } from '../../features/identity/oidc/issuer-settings.js';
import { type ClientAddress, noteClientAddress } from './client-address.js';
import type { ServerTls } from '../../platform/tls/server-tls.js';
import { metricsAccess } from './routes/metrics-access.js';
import { openTo, securityHeaders } from './security-headers.js';
import type { Rates } from './limits/rates.js';
import type { AgentAuthenticator, AskingAgent } from '../../features/identity/authenticate-agent.js';
import type { IdentifyEnrollment } from '../../features/agents/enrollment/authenticate-enrollment.js';
import type { EnrollmentIdentity } from '../../features/agents/enrollment/sql/enroll.js';
import { guard } from './limits/access.js';
import { Admission } from './limits/admission.js';
import { answerErrors } from './answer-errors.js';
import { BodyBudget } from './limits/body-budget.js';
import { compressAnswers } from './bodies/compress.js';
import { ConnectionGate, gateLimits } from './limits/connection-gate.js';
import { downloadRoutes } from './routes/download-routes.js';
import type { Drain } from './limits/drain.js';
import { graphqlUploads } from './routes/graphql-uploads.js';
import { goneSignal } from './gone-signal.js';
import { type Readiness, healthRoutes } from './routes/health-routes.js';
import { jwksRoute } from './routes/jwks-route.js';
import { answerMethods } from './methods.js';
import { limitText } from './limits/limit-text.js';
import type { Metrics } from './routes/metrics.js';
import { limitHeaders } from './limits/limit-headers.js';
import { sendProblem } from './problem.js';
import { readBodies } from './bodies/read-bodies.js';
import { tellTokenEnd } from './token-end.js';
import { FairScheduler } from './limits/fair-scheduler.js';
import type { ConsoleFiles } from './routes/console-files.js';
import { consoleRoutes } from './routes/console-routes.js';
import { signInRoute } from './routes/sign-in-route.js';
import { uploadRoutes } from './routes/upload-routes.js';
import { routeUpgrades } from '../websocket/upgrades.js';
import type { WebSockets } from '../websocket/web-sockets.js';

export interface ServerOptions {
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly authenticate: Authenticate;
  readonly agentAuthenticator: AgentAuthenticator;
  readonly identifyEnrollment: IdentifyEnrollment;
  readonly issuers: readonly IssuerSettings[];
  readonly agents: AgentRoutesOptions;
  readonly subscriptions: WebSockets;
  readonly heavyReads: HeavyReads;
  /** Connections for downloads, also as one snapshot. */
  readonly downloads: Database;
  /** Reads that end when the client disconnects. */
  readonly readsUntil: (gone: AbortSignal, scope: Scope) => Sql;
  readonly readiness: () => Promise<Readiness>;
  readonly drain: Drain;
  readonly metrics: Metrics;
  readonly trail: AccessTrail;
  /** How many descriptors the process may have. */
  readonly descriptors: number;
  readonly log: Log;
  /** null: HTTP without TLS. */
  readonly tls: ServerTls | null;
  readonly addressOf: ClientAddress;
  readonly rates: Rates;
  readonly corsOrigins: readonly string[];
  readonly metricsToken: string | null;
  readonly introspection: boolean;
  readonly consoleFiles: ConsoleFiles;
}

const MiB = 1024 * 1024;
/** Base64 of the largest file that is parsed; what is larger comes as multipart. */
const BODY_LIMIT = 48 * MiB;
/** Requests of agents take milliseconds; with this many at a time, users wait tenths of a second at most. */
const AGENTS = { total: 256, each: 32, senders: 'agents' };
/** Of bodies in memory. One sender can have one of the largest, and not all there is; hosts take nothing from people. */
const BODIES = {
  people: { total: 160 * MiB, each: 80 * MiB, unfinished: 128 },
  agents: { total: 96 * MiB, each: 20 * MiB, unfinished: 8 },
};
/** Limit of requests without a token, whose senders are unknown. */
const STRANGERS = { total: 256, each: 256, senders: 'callers without a token' };
const TIMEOUTS = { headersMs: 10_000, requestMs: 120_000, checkMs: 1_000 };

export async function makeServer(options: ServerOptions): Promise<FastifyInstance> {
  const { schema, services, authenticate, log, metrics, trail, tls, addressOf, rates } = options;
  const { intake } = services;
  const timeouts = { headersTimeout: TIMEOUTS.headersMs, connectionsCheckingInterval: TIMEOUTS.checkMs };
  const carrier = tls ? { https: { ...tls.options, ...timeouts } } : { http: timeouts };
  const server = fastify({
    // An instance with `https` has a type of its own, and nothing that differs from the other's.
    ...(carrier as FastifyHttpOptions<Server>),
    // The header has been looked at by then.
    trustProxy: (_address: string, hop: number) => hop === 0,
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: 'idle',
    genReqId: () => randomUUID(),
    frameworkErrors: (_error, _request, reply) =>
      void sendProblem(reply, 400, 'REQUEST_REFUSED', 'the address of the request cannot be read'),
    requestTimeout: TIMEOUTS.requestMs,
  });
  tls?.keep(server.server as unknown as TlsServer);
  const gate = new ConnectionGate(gateLimits(options.descriptors), () => metrics.refusedConnections.inc());
  gate.watch(server.server);
  routeUpgrades(server.server, gate, options.subscriptions.takes);
  noteClientAddress(server, addressOf);
  securityHeaders(server, tls !== null);
  limitHeaders(server);
  answerErrors(server, log);
  server.addHook('onRequest', ({ raw: request }, { raw: response }, done) => gate.whenItsTurn(request, response, done));
  options.drain.watch(server);
  server.addHook('onSend', (request, reply, payload: unknown, done) => {
    reply.header('x-request-id', request.id);
    // Headers and a long string would be joined and encoded once more: a tenth of what a list costs.
    done(null, typeof payload === 'string' ? Buffer.from(payload) : payload);
  });
  await openTo(server, options.corsOrigins);
  await rates.attach(server);
  const addMethods = answerMethods(server);
  await server.register((open, _options, done) => {
    new Admission(STRANGERS).watch(open, ['/healthz']);
    compressAnswers(open);
    healthRoutes(open, options.readiness, metrics.registry, metricsAccess(options.metricsToken));
    jwksRoute(open, services.reads);
    signInRoute(open, options.issuers);
    consoleRoutes(open, options.consoleFiles);
    done();
  });

  const turns = new FairScheduler();
  const refused = (door: 'agent' | 'api' | 'enrollment') => (request: FastifyRequest, code?: string) => {
    metrics.refusedIdentities.inc({ door });
    const origin = { actor: 'anonymous', address: request.ip, requestId: request.id };
    trail.mention(origin, { action: 'authenticationFailed', details: { door, ...(code !== undefined && { code }) } });
  };
  const admission = new Admission(AGENTS, () => metrics.deferredAgents.inc());
  await server.register(async (scope) => {
    admission.watch(scope);
    const access = signedScope<AskingAgent>(scope, {
      ...options.agentAuthenticator,
      rates,
      onKnown: ({ raw }) => gate.known(raw.socket),
      onRefused: refused('agent'),
    });
    admission.watchSenders(scope, (request) => access.of(request).id);
    readBodies(scope, {
      budget: new BodyBudget(BODIES.agents),
      intake,
      ownerOf: (request) => access.of(request).id,
    });
    access.watchBodies();
    agentRoutes(scope, options.agents, access);
    renewKeyRoute(scope, options.agents, access);
    await scope.register((bases, _options, done) => {
      baseRoute(bases, { database: options.agents.database, intake }, access);
      heldSetRoute(bases, { ...options.agents, intake }, access);
      done();
    });
  });
  await server.register((scope, _options, done) => {
    admission.watch(scope);
    const access = signedScope<EnrollmentIdentity>(scope, {
      identify: ({ signature }) => options.identifyEnrollment(signature),
      confirm: (token) => Promise.resolve(token),
      rates,
      onKnown: ({ raw }) => gate.known(raw.socket),
      onRefused: refused('enrollment'),
    });
    readBodies(scope, { budget: new BodyBudget(BODIES.agents), intake, ownerOf: (request) => access.of(request).id });
    access.watchBodies();
    const onRefused = ({ ip, id }: { readonly ip: string; readonly id: string }, environment: string, code: string) =>
      trail.mention(
        { actor: 'anonymous', address: ip, requestId: id },
        { action: 'enrollAgentRefused', environments: [environment], details: { code } },
      );
    enrollRoute(scope, { ...options.agents, onRefused }, access);
    done();
  });

  const apollo = makeApollo(schema, log, options.heavyReads, options.introspection, [
    fastifyApolloDrainPlugin<Context>(server),
    measure(metrics),
  ]);
  await apollo.start();
  await server.register(async (scope) => {
    const access = guard<Caller>(scope, {
      identify: authenticate,
      rates,
      personOf,
      token: 'a valid token is needed: Authorization: Bearer <token>',
      onKnown: ({ raw }) => gate.known(raw.socket),
      onRefused: refused('api'),
    });
    compressAnswers(scope);
    const actorOf = (request: FastifyRequest) => access.of(request).actor;
    readBodies(scope, { budget: new BodyBudget(BODIES.people), intake, ownerOf: actorOf });
    const permits = permissions(access, services.onDenied);
    await scope.register((uploads) => uploadRoutes(uploads, intake, { holds: access.holds, permits }));
    downloadRoutes(scope, {
      readsOf: (request) => scopedForExport(options.downloads, access.of(request)),
      permits,
      noteAccess: (request, download) =>
        trail.note({ actor: actorOf(request), address: request.ip, requestId: request.id }, download),
    });
    await scope.register(async (operations) => {
      await graphqlUploads(operations);
      operations.addHook('preHandler', (request) => turns.take(access.of(request).actor));
      limitText(operations);
      await operations.register(fastifyApollo(apollo), {
        method: ['POST'],
        context: (request, reply) => {
          const caller = access.of(request);
          tellTokenEnd(reply, caller);
          const gone = goneSignal(reply);
          const readsIn = (scope: Scope) => options.readsUntil(gone, scope);
          return Promise.resolve(
            makeContext(services, caller, { address: request.ip, requestId: request.id, readsIn }),
          );
        },
      });
    });
  });
  addMethods();
  return server;
}

function measure({ requests }: Metrics): ApolloServerPlugin<Context> {
  return {
    requestDidStart: () => {
      const stop = requests.startTimer();
      return Promise.resolve({
        willSendResponse: ({ operation, errors, response }) => {
          // It may hold a token, which is shown this once.
          if (operation?.operation === OperationTypeNode.MUTATION)
            response.http.headers.set('cache-control', 'no-store, no-transform');
          stop({ operation: operation?.operation ?? 'none', outcome: errors ? 'errors' : 'ok' });
          return Promise.resolve();
        },
      });
    },
  };
}
