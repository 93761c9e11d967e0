import { randomUUID } from 'node:crypto';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import { TrustcastError } from '@trustcast/schema';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';

const CLIENT_ERRORS = new Set<unknown>([
  ...Object.values(ApolloServerErrorCode).filter((code) => code !== ApolloServerErrorCode.INTERNAL_SERVER_ERROR),
  'LIMIT_EXCEEDED',
  'UNAUTHENTICATED',
]);

/** What a client did wrong is told; anything else is logged under an id, and only the id is told. */
export function formatError(formatted: GraphQLFormattedError, error: unknown, log: Logger): GraphQLFormattedError {
  const { message, path, locations, extensions } = formatted;
  const code = extensions?.code;
  const where = { ...(path && { path }), ...(locations && { locations }) };
  if (CLIENT_ERRORS.has(code)) return { message: withoutValue(message), ...where, extensions: { code } };
  const cause = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  const id = randomUUID();
  log.error({ err: cause, id, path }, 'a request failed');
  return cause instanceof TrustcastError && cause.retryable
    ? {
        message: 'not available at the moment: try again',
        ...where,
        extensions: { code: 'UNAVAILABLE', retryable: true, id },
      }
    : { message: 'internal error', ...where, extensions: { code: 'INTERNAL_SERVER_ERROR', id } };
}

/** graphql-js repeats a variable's value where it does not fit its type: it may be a private key. */
function withoutValue(message: string): string {
  return message.replace(/^(Variable "\$[^"]+" got invalid value) [^]*?( at "[^"]*")?; [^]*$/, '$1$2');
}
