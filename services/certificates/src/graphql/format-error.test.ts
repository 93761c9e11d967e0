import { expect, test } from '@jest/globals';
import { TrustcastError } from '@trustcast/schema';
import { GraphQLError } from 'graphql';
import { pino } from 'pino';
import { formatError } from './format-error.js';

function format(error: GraphQLError) {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  return { formatted: formatError(error.toJSON(), error, log), logged: lines.join('') };
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

test.each([
  [
    'Variable "$input" got invalid value "-----BEGIN PRIVATE KEY-----\nAA" at "input.name"; String cannot represent "-----BEGIN',
    'Variable "$input" got invalid value at "input.name"',
  ],
  [
    'Variable "$input" got invalid value { secret: "AA; x" }; Field "x" is not defined.',
    'Variable "$input" got invalid value',
  ],
  ['Cannot query field "x" on type "Query".', 'Cannot query field "x" on type "Query".'],
])('what a client did wrong is told without its values (%#)', (message, told) => {
  const error = new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', stacktrace: ['x'] } });
  expect(format(error).formatted).toEqual({ message: told, extensions: { code: 'BAD_USER_INPUT' } });
});
