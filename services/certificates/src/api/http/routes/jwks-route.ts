import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { SharedReads } from '../../graphql/shared-reads.js';
import { publishedJwks } from '../../../features/jwks/sql/published-jwks.js';
import type { Sql } from '../../../platform/postgres/statement.js';
import { sendProblem } from '../problem.js';

/** Time for which a verifier may cache the keys; a fraction of their overlap. */
const MAX_AGE_SECONDS = 300;

/** The JWKs of an environment, for everyone: public keys are public. */
export function jwksRoute(server: FastifyInstance, sql: Sql): void {
  // Verifiers of a fleet ask together, and strangers as often as they like: all cost one read at a time.
  const published = new SharedReads((names) => publishedJwks(sql, names));
  server.get('/environments/:name/jwks.json', async (request, reply) => {
    const { name } = request.params as { name: string };
    const body = /^[a-z0-9-]{1,63}$/.test(name) ? await published.load(name) : undefined;
    if (!body) return sendProblem(reply, 404, 'ENVIRONMENT_NOT_FOUND', 'there is no such environment');
    const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
    reply.header('etag', etag).header('cache-control', `public, max-age=${MAX_AGE_SECONDS}`);
    if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send();
    // As bytes: to text, a charset would be added that the type does not have.
    return reply.header('content-type', 'application/jwk-set+json').send(body);
  });
}

/** RFC 9110 section 13.1.2: any of a list, compared weakly. */
function matches(header: string | undefined, etag: string): boolean {
  return header?.split(',').some((each) => ['*', etag].includes(each.trim().replace(/^W\//, ''))) ?? false;
}
