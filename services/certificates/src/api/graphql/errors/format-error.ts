import { randomUUID } from 'node:crypto';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import type { Log } from '@trustcast/config';
import { TrustcastError } from '@trustcast/schema';
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import { ForbiddenError } from '../../../features/records/forbidden.js';
import { AskerGoneError } from '../../../platform/postgres/database-errors.js';
import { isRefusedInput, messageWithoutValues } from './client-errors.js';

const CLIENT_ERRORS = new Set<unknown>([
  ...Object.values(ApolloServerErrorCode).filter((code) => code !== ApolloServerErrorCode.INTERNAL_SERVER_ERROR),
  'LIMIT_EXCEEDED',
  'OVERLOADED',
  'TOO_MANY_REQUESTS',
  'UNAUTHENTICATED',
]);

export type FormatError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/** Reports mistakes of the client; any other error is logged under an id, and the client gets the id. */
export function errorFormatter(schema: GraphQLSchema, log: Log): FormatError {
  return (formatted, error) => formatError(schema, log, formatted, error);
}

function formatError(
  schema: GraphQLSchema,
  log: Log,
  { message, path, locations, extensions }: GraphQLFormattedError,
  error: unknown,
): GraphQLFormattedError {
  const where = { ...(path && { path }), ...(locations && { locations }) };
  const code = CLIENT_ERRORS.has(extensions?.code) ? extensions?.code : isRefusedInput(error) && 'BAD_USER_INPUT';
  if (code) return { message: messageWithoutValues(schema, message, error), ...where, extensions: { code } };
  const cause = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  if (cause instanceof ForbiddenError) {
    const { permission, environments } = cause;
    return { message: cause.message, ...where, extensions: { code: cause.code, permission, environments } };
  }
  if (cause instanceof AskerGoneError) return { message: cause.message, extensions: { code: cause.code } };
  const id = randomUUID();
  log.error('a request failed', { error: cause, id, path });
  return cause instanceof TrustcastError && cause.retryable
    ? {
        message: 'not available at the moment: try again',
        ...where,
        extensions: { code: 'UNAVAILABLE', retryable: true, id },
      }
    : { message: 'internal error', ...where, extensions: { code: 'INTERNAL_SERVER_ERROR', id } };
}
