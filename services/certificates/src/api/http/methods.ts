import type { FastifyInstance } from 'fastify';
import { sendProblem } from './problem.js';

/**
 * Answers OPTIONS with the methods of a route, and any other method that it does not have with 405 (RFC 9110, 15.5.6).
 * Call it before the routes. @returns adds the answers; call it after them
 */
export function answerMethods(server: FastifyInstance): () => void {
  const routes = new Map<string, Set<string>>();
  let answering = false;
  server.addHook('onRoute', ({ url, method }) => {
    if (answering) return;
    const methods = routes.get(url) ?? new Set(['OPTIONS']);
    for (const each of [method].flat()) methods.add(each.toUpperCase());
    if (methods.has('GET')) methods.add('HEAD');
    routes.set(url, methods);
  });
  return () => {
    answering = true;
    for (const [url, methods] of routes) {
      const allow = [...methods].sort().join(', ');
      const others = server.supportedMethods.filter((method) => method === 'OPTIONS' || !methods.has(method));
      server.route({
        method: others,
        url,
        exposeHeadRoute: false,
        // Before the body, which nobody reads.
        onRequest: async (request, reply) => {
          reply.header('allow', allow);
          if (request.method === 'OPTIONS') return reply.code(204).send();
          // RFC 6455, 4.4: what a WebSocket of another version is told.
          if (url === '/graphql') reply.header('sec-websocket-version', '13');
          await sendProblem(reply, 405, 'METHOD_NOT_ALLOWED', `the method is not one of ${allow}`);
          return reply;
        },
        handler: (_request, reply) => reply.send(),
      });
    }
  };
}
