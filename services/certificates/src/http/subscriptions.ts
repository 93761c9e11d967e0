import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import {
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  parse,
  validate,
} from 'graphql';
import { handleProtocols, makeServer as makeProtocol } from 'graphql-ws';
import type { Logger } from 'pino';
import { type Services, makeContext } from '../graphql/context.js';
import { formatError } from '../graphql/format-error.js';
import { OPERATION_LIMITS, enforceLimits } from '../graphql/limits.js';
import type { Authenticate } from '../identity/authenticate.js';
import { type WebSocket, acceptWebSocket } from './web-socket.js';

export interface SubscriptionsOptions {
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly authenticate: Authenticate;
  readonly log: Logger;
}

interface Extra {
  readonly header: string | undefined;
  readonly address: string | null;
  actor?: string;
}

const SOCKET = { maxMessageBytes: 256 * 1024, pingMs: 15_000 };
const NORMAL = 1000;
const GOING_AWAY = 1001;

/** Speaks the `graphql-transport-ws` protocol on `/graphql`; the token comes as `connectionParams.authorization`. */
export function serveSubscriptions(
  server: Server,
  { schema, services, authenticate, log }: SubscriptionsOptions,
): { readonly count: () => number; close(): void } {
  const sockets = new Set<WebSocket>();
  let closing = false;
  const mask = (errors: readonly (GraphQLError | GraphQLFormattedError)[]): GraphQLFormattedError[] =>
    errors.map((error) => formatError('toJSON' in error ? error.toJSON() : error, error, log));

  const protocol = makeProtocol<{ authorization?: unknown }, Extra>({
    schema,
    onConnect: async ({ connectionParams, extra }) => {
      const given = connectionParams?.authorization;
      const actor = await authenticate(typeof given === 'string' ? given : extra.header);
      if (actor === null) return false;
      extra.actor = actor;
      return true;
    },
    onSubscribe: ({ extra }, _id, { query, operationName, variables }) => {
      try {
        const document = parse(query, { maxLexicalTokens: OPERATION_LIMITS.tokens });
        const errors = validate(schema, document);
        if (errors.length > 0) return errors.map(asClientError);
        const operation = getOperationAST(document, operationName);
        if (operation) enforceLimits(schema, document, operation, variables ?? {});
        const { actor = '', address } = extra;
        const contextValue = makeContext(services, { actor, address, requestId: randomUUID() }, { remember: false });
        return { schema, document, operationName, variableValues: variables, contextValue };
      } catch (error) {
        if (error instanceof GraphQLError) return [asClientError(error)];
        throw error;
      }
    },
    onNext: (_context, _id, _payload, _args, { errors, data, extensions }) =>
      errors && {
        errors: mask(errors),
        ...(data !== undefined && { data }),
        ...(extensions !== undefined && { extensions }),
      },
    onError: (_context, _id, _payload, errors) => mask(errors),
  });

  server.on('upgrade', (request, socket, head) => {
    if (closing || request.url?.split('?', 1)[0] !== '/graphql') return void socket.destroy();
    const accepted = acceptWebSocket(request, socket, head, {
      ...SOCKET,
      choose: (offered) => handleProtocols(new Set(offered)),
    });
    if (!accepted) return;
    sockets.add(accepted);
    const closed = protocol.opened(
      {
        protocol: accepted.protocol,
        send: (data) => accepted.send(data),
        close: (code = NORMAL, reason) => accepted.close(code, reason),
        onMessage: (receive) =>
          accepted.onMessage((text) => {
            receive(text).catch((error: unknown) => {
              log.error({ err: error }, 'a subscription failed');
              accepted.close(4500, 'internal error');
            });
          }),
      },
      { header: request.headers.authorization, address: request.socket.remoteAddress ?? null },
    );
    accepted.onClose((code, reason) => {
      sockets.delete(accepted);
      void closed(code, reason);
    });
  });
  return {
    count: () => sockets.size,
    close: () => {
      closing = true;
      for (const socket of sockets) socket.close(GOING_AWAY, 'the service is going away');
    },
  };
}

/** What the text of the operation is to blame for. */
function asClientError(error: GraphQLError): GraphQLError {
  return new GraphQLError(error.message, {
    ...(error.nodes && { nodes: error.nodes }),
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED', ...error.extensions },
  });
}
