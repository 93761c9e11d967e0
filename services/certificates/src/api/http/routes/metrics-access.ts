import { createHash, timingSafeEqual } from 'node:crypto';
import { isLoopback } from '@trustcast/schema';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '../problem.js';

/**
 * Lets who has the token of the settings read metrics; without one, programs of this machine. The database is not asked:
 * metrics tell of its absence.
 */
export function metricsAccess(
  token: string | null,
): (request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  if (token === null)
    return async (request, reply) => {
      if (isOfThisMachine(request)) return undefined;
      const cure = 'metrics are for this machine alone; set TRUSTCAST_METRICS_TOKEN for others';
      await sendProblem(reply, 403, 'FORBIDDEN', cure);
      return reply;
    };
  const expected = sha256(`Bearer ${token}`);
  return async ({ headers }, reply) => {
    if (timingSafeEqual(sha256(headers.authorization ?? ''), expected)) return undefined;
    const detail = 'the token of TRUSTCAST_METRICS_TOKEN is needed: Authorization: Bearer <token>';
    await sendProblem(reply.header('www-authenticate', 'Bearer'), 401, 'UNAUTHENTICATED', detail);
    return reply;
  };
}

/** What a proxy on this machine forwards is not of this machine. */
function isOfThisMachine({ raw, headers }: FastifyRequest): boolean {
  const isForwarded = ['x-forwarded-for', 'forwarded', 'via'].some((name) => headers[name] !== undefined);
  return !isForwarded && isLoopback(raw.socket.remoteAddress ?? '');
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
