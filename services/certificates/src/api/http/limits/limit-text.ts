import type { FastifyInstance } from 'fastify';
import { GraphQLError, parse } from 'graphql';
import { HARMLESS_CHARACTERS, OPERATION_LIMITS, enforceValidationLimit } from '../../graphql/limits/limits.js';

/** Comments count among no tokens: without this limit their text would be parsed whatever its size. */
const MAX_CHARACTERS = 256 * 1024;

/** Refuses operations whose text is too long, or would be validated for too long, before anything reads it. */
export function limitText(scope: FastifyInstance): void {
  scope.addHook('preHandler', async ({ body }, reply) => {
    const query = typeof body === 'object' && body !== null && 'query' in body ? body.query : undefined;
    const message = typeof query === 'string' ? refusalOf(query) : undefined;
    if (message === undefined) return;
    return reply.code(400).send({ errors: [{ message, extensions: { code: 'LIMIT_EXCEEDED' } }] });
  });
}

function refusalOf(query: string): string | undefined {
  if (query.length > MAX_CHARACTERS)
    return `the operation has ${query.length} characters, the limit is ${MAX_CHARACTERS}`;
  try {
    if (query.length > HARMLESS_CHARACTERS)
      enforceValidationLimit(parse(query, { maxLexicalTokens: OPERATION_LIMITS.tokens }));
    return undefined;
  } catch (error) {
    // Who executes it says what a syntax error is.
    return error instanceof GraphQLError && error.extensions.code === 'LIMIT_EXCEEDED' ? error.message : undefined;
  }
}
