import { expect, test } from '@jest/globals';
import { createLog } from '@trustcast/config';
import { TrustcastError } from '@trustcast/schema';
import { GraphQLError, buildSchema } from 'graphql';
import { errorFormatter } from './format-error.js';

const schema = buildSchema('type Query { a: Int }');

function format(error: GraphQLError) {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  return { formatted: errorFormatter(schema, log)(error.toJSON(), error), logged: lines.join('') };
}

test('an error that nobody expected is logged under the id that is told', () => {
  const { formatted, logged } = format(
    new GraphQLError('relation "x" does not exist', { originalError: new Error('inside') }),
  );
  expect(formatted).toMatchObject({ message: 'internal error', extensions: { code: 'INTERNAL_SERVER_ERROR' } });
  expect(logged).toContain(String(formatted.extensions?.id));
  expect(logged).toContain('inside');
});

test('an error that passes is told to be tried again', () => {
  const originalError = new TrustcastError('DATABASE_UNAVAILABLE', 'inside', { retryable: true });
  expect(format(new GraphQLError('inside', { originalError })).formatted).toMatchObject({
    message: 'not available at the moment: try again',
    extensions: { code: 'UNAVAILABLE', retryable: true },
  });
});

test('what a client did wrong is told with its code, and without what else the error carries', () => {
  const message = 'Cannot query field "x" on type "Query".';
  const error = new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', stacktrace: ['x'] } });
  expect(format(error).formatted).toEqual({ message, extensions: { code: 'BAD_USER_INPUT' } });
});
