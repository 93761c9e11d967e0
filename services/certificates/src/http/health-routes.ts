import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';

/** Why this process should get no requests, as stable codes; none: it is ready. */
export type Readiness = () => Promise<readonly string[]>;

export const HEALTH_PATHS: readonly string[] = ['/healthz', '/readyz', '/metrics'];

/** For orchestrators and Prometheus; without a token, and without anything that needs one. */
export function healthRoutes(server: FastifyInstance, readiness: Readiness, registry: Registry): void {
  server.get('/healthz', () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const reasons = await readiness();
    return reply
      .code(reasons.length === 0 ? 200 : 503)
      .send({ status: reasons.length === 0 ? 'ready' : 'not ready', reasons });
  });
  server.get('/metrics', async (_request, reply) =>
    reply.header('content-type', registry.contentType).send(await registry.metrics()),
  );
}
