import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import type { Log } from '@trustcast/config';
import {
  type ExecutionArgs,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  OperationTypeNode,
  execute,
  getOperationAST,
  parse,
  specifiedRules,
  subscribe,
  validate,
} from 'graphql';
import { CloseCode, makeServer as makeProtocol } from 'graphql-ws';
import { type Context, type Services, makeContext } from '../graphql/context.js';
import type { Rates } from '../http/limits/rates.js';
import type { ClientAddress } from '../http/client-address.js';
import { errorFormatter } from '../graphql/errors/format-error.js';
import type { HeavyReads } from '../graphql/limits/heavy-reads.js';
import { OPERATION_LIMITS, enforceLimits, enforceValidationLimit } from '../graphql/limits/limits.js';
import { type Caller, type Grants, type Scope, includes, personOf } from '../../features/records/grants.js';
import { scopedTo } from '../scoped.js';
import type { Authenticate } from '../../features/identity/authenticate.js';
import { IdentityProviderUnavailableError } from '../../features/identity/oidc/unavailable.js';
import type { Sql } from '../../platform/postgres/statement.js';
import { selectsNothing } from './selects-nothing.js';
import { type Peer, type WebSockets, webSockets } from './web-sockets.js';

export interface SubscriptionsOptions {
  readonly schema: GraphQLSchema;
  readonly services: Services;
  /** Shared by HTTP and WebSocket. */
  readonly heavyReads: HeavyReads;
  readonly authenticate: Authenticate;
  /** Reads that end when the client disconnects. */
  readonly readsUntil: (gone: AbortSignal, scope: Scope) => Sql;
  readonly addressOf: ClientAddress;
  readonly rates: Rates;
  readonly introspection: boolean;
  readonly onRefused: (address: string | null) => void;
  readonly log: Log;
}

const MAX_OPERATIONS = 100;
/** Interval at which the token of an open connection is checked. */
const IDENTITY_MS = 500;
/** RFC 6455, and the registry of IANA after it. Clients connect again after these, and not after 4403. */
const SERVICE_RESTART = 1012;
const TRY_AGAIN_LATER = 1013;

/** At most 123 bytes. */
const TOKEN_EXPECTED = 'a valid token is needed, as connection parameters { "authorization": "Bearer <token>" }';
const NOTHING_SELECTED = 'the subscription selects no field: leave the operation away, or its @skip and @include';

/** Speaks the `graphql-transport-ws` protocol on `/graphql`; the token comes as `connectionParams.authorization`. */
export function makeSubscriptions({
  schema,
  services,
  heavyReads,
  authenticate,
  readsUntil,
  addressOf,
  rates,
  introspection,
  onRefused,
  log,
}: SubscriptionsOptions): WebSockets {
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const askerOf = (peer: Peer, authorization = headers.get(peer)) => ({ ip: peer.address ?? '::', authorization });
  const headers = new WeakMap<Peer, string | undefined>();
  const departures = new WeakMap<Peer, AbortSignal>();
  const costs = new WeakMap<object, number>();
  /** With what rights operations were begun that may still run. */
  const rights = new WeakMap<Peer, Grants>();
  const format = errorFormatter(schema, log);
  const mask = (errors: readonly (GraphQLError | GraphQLFormattedError)[]): GraphQLFormattedError[] =>
    errors.map((error) => format('toJSON' in error ? error.toJSON() : error, error));
  /** Caller of the connection, which ends when its token is no longer valid. */
  const identify = async (peer: Peer): Promise<Caller | null> => {
    const caller = await authenticate(headers.get(peer));
    if (caller === null) {
      peer.close(CloseCode.Forbidden, 'the token is not valid any more');
      return null;
    }
    // What runs was allowed by rights that are gone: it is asked for anew, and each operation is checked again.
    const before = rights.get(peer);
    if (before && !includes(caller.grants, before)) {
      peer.close(SERVICE_RESTART, 'your permissions have changed');
      return null;
    }
    rights.set(peer, caller.grants);
    return caller;
  };

  const protocol = makeProtocol<{ authorization?: unknown }, Peer>({
    schema,
    execute: async (args: ExecutionArgs) => {
      const { actor } = args.contextValue as Context;
      const operation = getOperationAST(args.document, args.operationName)?.operation ?? OperationTypeNode.QUERY;
      let end: () => void;
      try {
        end = await heavyReads.begin(operation, costs.get(args.contextValue as object) ?? 0, actor);
      } catch (error) {
        if (error instanceof GraphQLError) return { errors: [error] };
        throw error;
      }
      try {
        return await execute(args);
      } finally {
        setImmediate(end);
      }
    },
    subscribe: async (args: ExecutionArgs) =>
      selectsNothing(args) ? { errors: [refused('BAD_USER_INPUT', NOTHING_SELECTED)] } : subscribe(args),
    onConnect: async ({ connectionParams, extra: peer }) => {
      const given = connectionParams?.authorization;
      const header = typeof given === 'string' ? given : peer.header;
      const asker = askerOf(peer, header);
      try {
        if ((await rates.waitOf(asker)) !== null) {
          peer.close(TRY_AGAIN_LATER, 'too many requests');
          return false;
        }
        const caller = await authenticate(header);
        if (caller === null) {
          await rates.refused(asker);
          onRefused(peer.address);
          peer.close(CloseCode.Forbidden, TOKEN_EXPECTED);
          return false;
        }
        if ((await rates.opened(asker, personOf(caller))) !== null) {
          peer.close(TRY_AGAIN_LATER, 'too many requests');
          return false;
        }
      } catch (error) {
        // That a provider is away was logged when it began.
        if (!(error instanceof IdentityProviderUnavailableError))
          log.warn('the identity of a WebSocket cannot be read', { error });
        peer.close(TRY_AGAIN_LATER, 'not available at the moment');
        return false;
      }
      headers.set(peer, header);
      peer.known();
      // While the database is away nothing is delivered either: who cannot be asked is asked next time.
      const timer = setInterval(() => void identify(peer).catch(() => undefined), IDENTITY_MS);
      const gone = new AbortController();
      setMaxListeners(0, gone.signal);
      departures.set(peer, gone.signal);
      peer.onClosed(() => {
        clearInterval(timer);
        gone.abort();
      });
      return true;
    },
    onSubscribe: async ({ extra: peer, subscriptions }, _id, { query, operationName, variables }) => {
      try {
        const caller = await identify(peer);
        if (caller === null) return [refused('UNAUTHENTICATED', 'the token is not valid any more')];
        if (Object.keys(subscriptions).length > MAX_OPERATIONS)
          return [refused('LIMIT_EXCEEDED', `a connection has at most ${MAX_OPERATIONS} operations at a time`)];
        const waitS = await rates.waitOf(askerOf(peer));
        if (waitS !== null) return [refused('TOO_MANY_REQUESTS', `too many requests: try again in ${waitS} s`)];
        const document = parse(query, { maxLexicalTokens: OPERATION_LIMITS.tokens });
        enforceValidationLimit(document);
        const errors = validate(schema, document, rules);
        if (errors.length > 0) return errors.map(asClientError);
        const operation = getOperationAST(document, operationName);
        if (!operation) return [refused(ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE, notFound(operationName))];
        const cost = enforceLimits(schema, document, operation, variables ?? {}, await services.listSizes());
        const gone = departures.get(peer);
        const contextValue = makeContext(services, caller, {
          readsIn: (scope) => (gone ? readsUntil(gone, scope) : scopedTo(services.database, scope)),
          address: peer.address,
          requestId: randomUUID(),
          remember: false,
        });
        costs.set(contextValue, cost);
        return { schema, document, operationName, variableValues: variables, contextValue };
      } catch (error) {
        if (error instanceof GraphQLError) return [asClientError(error)];
        return [new GraphQLError('the operation failed', { originalError: error as Error })];
      }
    },
    onNext: async ({ extra: peer }, _id, _payload, _args, { errors, data, extensions }) => {
      if ((await identify(peer)) === null) return {};
      return (
        errors && {
          errors: mask(errors),
          ...(data !== undefined && { data }),
          ...(extensions !== undefined && { extensions }),
        }
      );
    },
    onError: (_context, _id, _payload, errors) => mask(errors),
  });
  return webSockets(protocol, addressOf, log);
}

/** In the words of graphql-js. */
function notFound(operationName: string | null | undefined): string {
  return operationName == null
    ? 'Must provide operation name if query contains multiple operations.'
    : `Unknown operation named "${operationName}".`;
}

function refused(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

/** What the text of the operation is to blame for. */
function asClientError(error: GraphQLError): GraphQLError {
  return new GraphQLError(error.message, {
    ...(error.nodes && { nodes: error.nodes }),
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED', ...error.extensions },
  });
}
