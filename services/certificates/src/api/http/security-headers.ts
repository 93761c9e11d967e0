import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** Nothing that is answered here is a page: a browser that is led to it shows nothing, runs nothing and tells nobody. */
const HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
const YEAR_S = 365 * 24 * 3_600;

/** What every answer says to browsers. They are constant: `@fastify/helmet` would make them anew for each request. */
export function securityHeaders(server: FastifyInstance, overTls: boolean): void {
  const headers = {
    ...HEADERS,
    ...(overTls && { 'strict-transport-security': `max-age=${YEAR_S}` }),
  };
  server.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
}

/** Lets pages of the named origins read answers; without any, no page of another origin reads one. */
export async function openTo(server: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  await server.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST'],
    allowedHeaders: ['authorization', 'content-type', 'apollo-require-preflight'],
    exposedHeaders: ['retry-after', 'x-request-id', 'content-disposition'],
    maxAge: 600,
    strictPreflight: false,
  });
}
