import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { sendProblem } from '../problem.js';

/** Browsers send some twenty, proxies add ten. */
const MAX_HEADERS = 128;

/**
 * Refuses requests with more headers than Node hands over. It drops those beyond its limit without a word, though its
 * parser heeded them: a length of the body, or who asks, would be read by one and not by the other.
 */
export function limitHeaders(server: FastifyInstance): void {
  server.server.maxHeadersCount = MAX_HEADERS;
  server.addHook('onRequest', async ({ raw }, reply) => {
    if (!hasTooManyHeaders(raw)) return;
    const detail = `a request has fewer than ${MAX_HEADERS} headers`;
    // What comes after it is not trusted to begin where it seems to.
    reply.raw.once('finish', () => raw.socket.destroySoon());
    await sendProblem(reply, 431, 'LIMIT_EXCEEDED', detail);
    return reply;
  });
}

/** Whether headers may be missing. */
export function hasTooManyHeaders({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.length >= 2 * MAX_HEADERS;
}
