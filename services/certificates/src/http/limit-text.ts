import type { FastifyInstance } from 'fastify';

/** Comments count among no tokens: without this limit their text would be parsed whatever its size. */
const MAX_CHARACTERS = 256 * 1024;

/** Refuses operations whose text is too long, before anything reads it. */
export function limitText(scope: FastifyInstance): void {
  scope.addHook('preHandler', async ({ body }, reply) => {
    const query = typeof body === 'object' && body !== null && 'query' in body ? body.query : undefined;
    if (typeof query !== 'string' || query.length <= MAX_CHARACTERS) return;
    const message = `the operation has ${query.length} characters, the limit is ${MAX_CHARACTERS}`;
    return reply.code(400).send({ errors: [{ message, extensions: { code: 'LIMIT_EXCEEDED' } }] });
  });
}
