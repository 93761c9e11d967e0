import type { FastifyInstance } from 'fastify';
import { sendProblem } from './problem.js';

/** Lets so many requests of a scope that nobody needs a token for be under way, and sends others away. @param free paths that are not counted */
export function limitStrangers(scope: FastifyInstance, most: number, free: readonly string[]): void {
  let running = 0;
  scope.addHook('onRequest', async (request, reply) => {
    if (free.includes(request.routeOptions.url ?? '')) return;
    if (running >= most) {
      await sendProblem(reply.header('retry-after', '1'), 503, 'OVERLOADED', 'too many ask without a token: try again');
      return reply;
    }
    running++;
    reply.raw.once('close', () => running--);
  });
}
